using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.ReadModel;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Stores in the read model's tables what coupons and other entities have changed. Rows and progress change in one transaction, so each event takes effect
/// exactly once. One thread uses it. Times are microseconds since 1970.
/// </summary>
internal sealed class ReadModelWriter(SqliteConnection connection) : IDisposable
{
    private readonly WriteTransaction _transaction = new(connection);
    private readonly SqliteCommand _savepoint = connection.Prepare("SAVEPOINT one_coupon");
    private readonly SqliteCommand _undo = connection.Prepare("ROLLBACK TO one_coupon");
    private readonly SqliteCommand _release = connection.Prepare("RELEASE one_coupon");
    private readonly SqliteCommand _find = connection.Prepare($"SELECT {CouponRow.Columns} FROM coupons WHERE id = $1", "$1");
    private readonly IssueInsert _issue = new(connection);
    private readonly SqliteCommand _use = connection.Prepare(
        "UPDATE coupon_issues SET date_used = $4, date_updated = $4 WHERE coupon_id = $1 AND ticket = $2 AND user_id = $3 AND date_used IS NULL",
        "$1", "$2", "$3", "$4");
    private readonly SqliteCommand _coupon = connection.Prepare(
        $"""
        INSERT INTO coupons (id, title, coupon_type, total_quantity, issued_quantity, discount_amount, min_available_amount, vendor_id,
            date_issue_start, date_issue_end, date_created, date_updated, stopped)
        VALUES ($1, $2, '{CouponTypeCode.FirstComeFirstServed}', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, total_quantity = excluded.total_quantity, issued_quantity = excluded.issued_quantity,
            date_issue_start = excluded.date_issue_start, date_issue_end = excluded.date_issue_end, date_updated = excluded.date_updated,
            stopped = excluded.stopped
        """,
        "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12");
    private readonly SqliteCommand _progress = connection.Prepare(
        """
        INSERT INTO projection_progress (coupon_id, sequence_number, parked_because) VALUES ($1, $2, $3)
        ON CONFLICT (coupon_id) DO UPDATE SET sequence_number = excluded.sequence_number, parked_because = excluded.parked_because
        """,
        "$1", "$2", "$3");
    private readonly SqliteCommand _findView = connection.Prepare(
        "SELECT sequence_number, parked_because, view FROM entity_views WHERE kind = $1 AND entity_id = $2", "$1", "$2");
    private readonly SqliteCommand _view = connection.Prepare(
        """
        INSERT INTO entity_views (kind, entity_id, sequence_number, parked_because, view) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (kind, entity_id) DO UPDATE SET sequence_number = excluded.sequence_number, parked_because = excluded.parked_because, view = excluded.view
        """,
        "$1", "$2", "$3", "$4", "$5");
    private readonly SqliteCommand _viewProgress = connection.Prepare(
        """
        INSERT INTO entity_views (kind, entity_id, sequence_number, parked_because) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, entity_id) DO UPDATE SET sequence_number = excluded.sequence_number, parked_because = excluded.parked_because
        """,
        "$1", "$2", "$3", "$4");
    private readonly SqliteCommand _forgetView = connection.Prepare("DELETE FROM entity_views WHERE kind = $1 AND entity_id = $2", "$1", "$2");
    private readonly SqliteCommand _line = connection.Prepare(
        """
        INSERT INTO list_lines (list, owner, position, line) VALUES ($1, $2, $3, $4)
        ON CONFLICT (list, owner, position) DO UPDATE SET line = excluded.line
        """,
        "$1", "$2", "$3", "$4");
    private readonly SqliteCommand _position = connection.Prepare("UPDATE projection_position SET ordering = $1", "$1");

    public void Begin() => _transaction.Begin();

    public void Commit() => _transaction.Commit();

    public void Rollback() => _transaction.Rollback();

    /// <summary>False if a look at all of the file's pages finds damage.</summary>
    public bool IsSound()
    {
        try
        {
            return connection.Scalar<string>("PRAGMA quick_check(1)") == "ok";
        }
        catch (SqliteException failure)
        {
            return !failure.IsDamage();
        }
    }

    /// <summary>How far the journal has been read.</summary>
    public long Position() => connection.Scalar<long>("SELECT ordering FROM projection_position");

    public void SetPosition(long ordering) => _position.With(ordering).ExecuteNonQuery();

    /// <summary>The number of the last event applied of each coupon, and why it is parked, if it is.</summary>
    public IEnumerable<(long CouponId, EntityProgress Progress)> Progress()
    {
        using var command = connection.Prepare("SELECT coupon_id, sequence_number, parked_because FROM projection_progress");
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return (reader.GetInt64(0), new EntityProgress(reader.GetInt64(1), Text(reader, 2)));
    }

    public void SetProgress(EntityKey key, EntityProgress progress)
    {
        if (key.Kind == CouponKind.Instance)
            _progress.With(key.Id, progress.SequenceNumber, progress.ParkedBecause).ExecuteNonQuery();
        else
            _viewProgress.With(key.Kind.Number, key.Id, progress.SequenceNumber, progress.ParkedBecause).ExecuteNonQuery();
    }

    /// <summary>How far an entity that is shown by a view is, and what lists show of it.</summary>
    public (EntityProgress Progress, string? View) FindView(EntityKey key)
    {
        using var reader = _findView.With(key.Kind.Number, key.Id).ExecuteReader();
        return reader.Read() ? (new EntityProgress(reader.GetInt64(0), Text(reader, 1)), Text(reader, 2)) : default;
    }

    /// <summary>As if nothing of the entity had been projected, but for its lines.</summary>
    public void ForgetView(EntityKey key) => _forgetView.With(key.Kind.Number, key.Id).ExecuteNonQuery();

    /// <summary>Every entity that is shown by a view and is parked, and why: kind, id, why.</summary>
    public IEnumerable<(long Kind, long Id, string Because)> ParkedViews()
    {
        using var command = connection.Prepare("SELECT kind, entity_id, parked_because FROM entity_views WHERE parked_because IS NOT NULL");
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return (reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2));
    }

    /// <summary>The coupon's row, or null if it has none.</summary>
    public CouponView? Find(long couponId)
    {
        using var reader = _find.With(couponId).ExecuteReader();
        return reader.Read() ? CouponRow.Read(reader) : null;
    }

    /// <summary>Stores all that the entity has changed, or nothing of it.</summary>
    /// <exception cref="InvalidEventException">A unit is issued that somebody holds, or used that nobody can.</exception>
    /// <exception cref="SqliteException">The file fails; then so does the transaction.</exception>
    public void Store(EntityProjection entity)
    {
        if (entity is CouponProjection coupon)
            Store(coupon);
        else
            Store((ViewProjection)entity);
    }

    public void Dispose()
    {
        ReadOnlySpan<SqliteCommand> commands =
        [
            _savepoint, _undo, _release, _find, _use, _coupon, _progress, _findView, _view, _viewProgress, _forgetView, _line, _position,
        ];
        foreach (var command in commands)
            command.Dispose();
        _issue.Dispose();
        _transaction.Dispose();
        connection.Dispose();
    }

    private void Store(CouponProjection coupon)
    {
        _savepoint.ExecuteNonQuery();
        try
        {
            StoreEach(coupon);
        }
        catch (InvalidEventException)
        {
            _undo.ExecuteNonQuery();
            _release.ExecuteNonQuery();
            throw;
        }

        _release.ExecuteNonQuery();
    }

    private void StoreEach(CouponProjection coupon)
    {
        foreach (var issue in coupon.NewIssues)
        {
            if (!_issue.TryExecute(issue))
                throw coupon.IsHeldAlready(issue);
        }

        foreach (var used in coupon.Uses)
        {
            if (_use.With(coupon.CouponId, used.Ticket, used.UserId, used.DateUsed.UnixMicroseconds).ExecuteNonQuery() != 1)
                throw coupon.FindsNoUnit(used);
        }

        if (coupon.ChangedRow is { Policy: var policy } row)
        {
            _coupon.With(
                row.CouponId, policy.Title, policy.TotalQuantity, row.IssuedQuantity, policy.DiscountAmount, policy.MinAvailableAmount, policy.VendorId,
                policy.DateIssueStart.UnixMicroseconds, policy.DateIssueEnd.UnixMicroseconds, row.DateCreated.UnixMicroseconds,
                row.DateUpdated.UnixMicroseconds, row.Stopped).ExecuteNonQuery();
        }

        if (coupon.HasProgressed)
            SetProgress(coupon.Key, coupon.Progress);
    }

    // A line takes the place of the one before, so nothing here can contradict the tables.
    private void Store(ViewProjection entity)
    {
        foreach (var (list, owner, position, line) in entity.Lines)
            _line.With(list, owner, position, line).ExecuteNonQuery();
        if (entity.HasProgressed)
            _view.With(entity.Key.Kind.Number, entity.Key.Id, entity.Progress.SequenceNumber, entity.Progress.ParkedBecause, entity.View).ExecuteNonQuery();
    }

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
