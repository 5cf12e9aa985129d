using System.Collections.Concurrent;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Projection;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>Answers queries from the read model's file. Any thread may ask.</summary>
internal sealed class SqliteReadModel(DataDirectory data, ProjectionLoop projection) : IReadModel, IDisposable
{
    private const string CouponColumns =
        "id, title, total_quantity, issued_quantity, discount_amount, min_available_amount, vendor_id, date_issue_start, date_issue_end, date_created, date_updated, stopped";

    private const string IssueColumns = "coupon_id, user_id, ticket, date_issued, date_used";

    private readonly ConcurrentBag<(SqliteConnection Connection, int Generation)> _idle = [];

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => projection.WaitUntilCaughtUpAsync(cancel);

    public ValueTask<IReadOnlyList<CouponView>> ListCouponsAsync(long afterCouponId, int limit, CancellationToken cancel) => new(
        Query($"SELECT {CouponColumns} FROM coupons WHERE id > $0 ORDER BY id LIMIT $1", ReadCoupon, afterCouponId, limit));

    public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesAsync(long couponId, long afterTicket, int limit, CancellationToken cancel) => new(
        Query(
            $"SELECT {IssueColumns} FROM coupon_issues WHERE coupon_id = $0 AND ticket > $1 ORDER BY ticket LIMIT $2",
            ReadIssue, couponId, afterTicket, limit));

    public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesOfUserAsync(
        long userId, IssuePosition? after, int limit, CancellationToken cancel) => new(
        Query(
            $"""
            SELECT {IssueColumns} FROM coupon_issues WHERE user_id = $0 AND (date_issued, coupon_id) < ($1, $2)
            ORDER BY date_issued DESC, coupon_id DESC LIMIT $3
            """,
            ReadIssue, userId, after?.DateIssued.UnixMicroseconds ?? long.MaxValue, after?.CouponId ?? long.MaxValue, limit));

    public void Dispose()
    {
        while (_idle.TryTake(out var idle))
            idle.Connection.Dispose();
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<long> parameters)
    {
        var generation = projection.Generation;
        RequireWhole(generation);
        SqliteConnection? connection = null;
        var rows = new List<T>();
        try
        {
            connection = Connect(generation);
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters.Length; i++)
                command.Parameters.AddWithValue($"${i}", parameters[i]);
            using var reader = command.ExecuteReader();
            while (reader.Read())
                rows.Add(read(reader));
        }
        catch (SqliteException failure)
        {
            connection?.Dispose();
            if (failure.IsDamage())
                projection.Damaged(generation);
            throw new ReadModelUnavailableException(failure);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }

        _idle.Add((connection, generation));
        // It may have been lost since, and what was read of the next one is only a part.
        RequireWhole(generation);
        return rows;
    }

    private void RequireWhole(int generation)
    {
        if (projection.IsMadeAnew || projection.Generation != generation)
            throw new ReadModelUnavailableException("it was lost, and is made anew from the journal.");
    }

    // One that was opened before the file was made anew reads what is no longer there.
    private SqliteConnection Connect(int generation)
    {
        while (_idle.TryTake(out var idle))
        {
            if (idle.Generation == generation)
                return idle.Connection;
            idle.Connection.Dispose();
        }

        return SqliteFile.OpenReadOnly(data.ReadModel);
    }

    private static CouponView ReadCoupon(SqliteDataReader row) => new(
        row.GetInt64(0),
        new CouponPolicy(
            row.GetString(1), Nullable(row, 2), row.GetInt64(4), row.GetInt64(5), Time(row, 7), Time(row, 8), Nullable(row, 6)),
        row.GetInt64(3),
        Time(row, 9),
        Time(row, 10),
        row.GetBoolean(11));

    private static CouponIssue ReadIssue(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), Time(row, 3), Nullable(row, 4) is { } used ? new Timestamp(used) : null);

    private static Timestamp Time(SqliteDataReader row, int column) => new(row.GetInt64(column));

    private static long? Nullable(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
