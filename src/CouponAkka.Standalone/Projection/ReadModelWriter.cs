using CouponAkka.Domain.Coupons;
using CouponAkka.Standalone.Database;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Applies events to the read model's tables. Rows and progress change in one transaction, so each event takes effect
/// exactly once. One thread uses it. Times are microseconds since 1970.
/// </summary>
internal sealed class ReadModelWriter(SqliteConnection connection) : IDisposable
{
    // SQLite's result code, whichever the constraint: https://www.sqlite.org/rescode.html
    private const int ConstraintViolated = 19;

    private readonly WriteTransaction _transaction = new(connection);
    private readonly SqliteCommand _savepoint = connection.Prepare("SAVEPOINT one_event");
    private readonly SqliteCommand _undo = connection.Prepare("ROLLBACK TO one_event");
    private readonly SqliteCommand _release = connection.Prepare("RELEASE one_event");
    private readonly SqliteCommand _create = connection.Prepare(
        """
        INSERT INTO coupons (id, title, coupon_type, total_quantity, issued_quantity, discount_amount, min_available_amount, vendor_id,
            date_issue_start, date_issue_end, date_created, date_updated)
        VALUES ($1, $2, 'FIRST_COME_FIRST_SERVED', $3, 0, $4, $5, $6, $7, $8, $9, $9)
        """,
        "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9");
    private readonly SqliteCommand _change = connection.Prepare(
        """
        UPDATE coupons SET title = $2, total_quantity = $3, date_issue_start = $4, date_issue_end = $5, date_updated = $6 WHERE id = $1
        """,
        "$1", "$2", "$3", "$4", "$5", "$6");
    private readonly SqliteCommand _stop = connection.Prepare("UPDATE coupons SET stopped = $2, date_updated = $3 WHERE id = $1", "$1", "$2", "$3");
    private readonly IssueInsert _issue = new(connection);
    private readonly SqliteCommand _count = connection.Prepare("UPDATE coupons SET issued_quantity = $2 WHERE id = $1", "$1", "$2");
    private readonly SqliteCommand _use = connection.Prepare(
        "UPDATE coupon_issues SET date_used = $3, date_updated = $3 WHERE user_id = $2 AND coupon_id = $1", "$1", "$2", "$3");
    private readonly SqliteCommand _progress = connection.Prepare(
        """
        INSERT INTO progress (coupon_id, sequence_number, parked_because) VALUES ($1, $2, $3)
        ON CONFLICT (coupon_id) DO UPDATE SET sequence_number = excluded.sequence_number, parked_because = excluded.parked_because
        """,
        "$1", "$2", "$3");
    private readonly SqliteCommand _position = connection.Prepare("UPDATE journal_position SET ordering = $1", "$1");

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
    public long Position() => connection.Scalar<long>("SELECT ordering FROM journal_position");

    public void SetPosition(long ordering) => _position.With(ordering).ExecuteNonQuery();

    /// <summary>The number of the last event applied of each coupon, and why it is parked, if it is.</summary>
    public IEnumerable<(long CouponId, CouponProgress Progress)> Progress()
    {
        using var command = connection.Prepare("SELECT coupon_id, sequence_number, parked_because FROM progress");
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return (reader.GetInt64(0), new CouponProgress(reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2)));
    }

    public void SetProgress(long couponId, CouponProgress progress) =>
        _progress.With(couponId, progress.SequenceNumber, progress.ParkedBecause).ExecuteNonQuery();

    /// <summary>Applies all of the event or nothing of it.</summary>
    /// <exception cref="InvalidEventException">It contradicts what was applied before: it fits no row, or a unique key says so.</exception>
    /// <exception cref="SqliteException">The file fails; then so does the transaction.</exception>
    public void Apply(long couponId, CouponEvent happened)
    {
        _savepoint.ExecuteNonQuery();
        try
        {
            ApplyEach(couponId, happened);
        }
        catch (Exception contradiction) when (contradiction is InvalidEventException or SqliteException { SqliteErrorCode: ConstraintViolated })
        {
            _undo.ExecuteNonQuery();
            _release.ExecuteNonQuery();
            throw contradiction is InvalidEventException
                ? contradiction
                : new InvalidEventException($"Coupon {couponId}: {happened.GetType().Name} contradicts the read model: {contradiction.Message}");
        }

        _release.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_savepoint, _undo, _release, _create, _change, _stop, _count, _use, _progress, _position])
            command.Dispose();
        _issue.Dispose();
        _transaction.Dispose();
        connection.Dispose();
    }

    private void ApplyEach(long couponId, CouponEvent happened)
    {
        switch (happened)
        {
            case CouponsIssued issued:
                foreach (var issue in issued.Issues)
                    _issue.Execute(couponId, issue);
                RequireOneRow(_count.With(couponId, issued.Issues[^1].Ticket), couponId, happened);
                break;
            case CouponUsed used:
                RequireOneRow(_use.With(couponId, used.UserId, used.DateUsed.UnixMicroseconds), couponId, happened);
                break;
            case CouponChanged changed:
                RequireOneRow(
                    _change.With(
                        couponId, changed.Title, changed.TotalQuantity, changed.DateIssueStart.UnixMicroseconds,
                        changed.DateIssueEnd.UnixMicroseconds, changed.At.UnixMicroseconds),
                    couponId,
                    happened);
                break;
            case IssuingStopped stopped:
                RequireOneRow(_stop.With(couponId, 1, stopped.At.UnixMicroseconds), couponId, happened);
                break;
            case IssuingResumed resumed:
                RequireOneRow(_stop.With(couponId, 0, resumed.At.UnixMicroseconds), couponId, happened);
                break;
            case CouponCreated { Policy: var policy, At: var at }:
                _create.With(
                    couponId, policy.Title, policy.TotalQuantity, policy.DiscountAmount, policy.MinAvailableAmount, policy.VendorId,
                    policy.DateIssueStart.UnixMicroseconds, policy.DateIssueEnd.UnixMicroseconds, at.UnixMicroseconds).ExecuteNonQuery();
                break;
            default:
                throw new ArgumentException($"The read model knows no event {happened.GetType().Name}.", nameof(happened));
        }
    }

    private static void RequireOneRow(SqliteCommand command, long couponId, CouponEvent happened)
    {
        if (command.ExecuteNonQuery() != 1)
            throw new InvalidEventException($"Coupon {couponId}: {happened.GetType().Name} fits no row of the read model.");
    }
}

/// <summary>How far a coupon's events are applied, and why no further, where one of them can't be.</summary>
internal readonly record struct CouponProgress(long SequenceNumber, string? ParkedBecause);
