using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.ReadModel;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Stores in the read model's tables what coupons have changed. Rows and progress change in one transaction, so each event takes effect
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
    public IEnumerable<(long CouponId, CouponProgress Progress)> Progress()
    {
        using var command = connection.Prepare("SELECT coupon_id, sequence_number, parked_because FROM projection_progress");
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return (reader.GetInt64(0), new CouponProgress(reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2)));
    }

    public void SetProgress(long couponId, CouponProgress progress) =>
        _progress.With(couponId, progress.SequenceNumber, progress.ParkedBecause).ExecuteNonQuery();

    /// <summary>The coupon's row, or null if it has none.</summary>
    public CouponView? Find(long couponId)
    {
        using var reader = _find.With(couponId).ExecuteReader();
        return reader.Read() ? CouponRow.Read(reader) : null;
    }

    /// <summary>Stores all that the coupon has changed, or nothing of it.</summary>
    /// <exception cref="InvalidEventException">A unit is issued that somebody holds, or used that nobody can.</exception>
    /// <exception cref="SqliteException">The file fails; then so does the transaction.</exception>
    public void Store(CouponProjection coupon)
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

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_savepoint, _undo, _release, _find, _use, _coupon, _progress, _position])
            command.Dispose();
        _issue.Dispose();
        _transaction.Dispose();
        connection.Dispose();
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
            SetProgress(coupon.CouponId, coupon.Progress);
    }
}
