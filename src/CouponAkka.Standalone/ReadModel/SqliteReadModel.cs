using System.Collections.Concurrent;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Projection;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>Answers queries from the read model's file. Any thread may ask.</summary>
internal sealed class SqliteReadModel(DataDirectory data, ProjectionLoop projection) : IReadModel, IDisposable
{
    internal const string IssuesOfUser =
        $"""
        SELECT {IssueRow.Columns} FROM coupon_issues WHERE user_id = $0 AND (date_issued, coupon_id) < ($1, $2)
        ORDER BY date_issued DESC, coupon_id DESC LIMIT $3
        """;

    private readonly ConcurrentBag<(SqliteConnection Connection, int Generation)> _idle = [];

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => projection.WaitUntilCaughtUpAsync(cancel);

    public ValueTask<IReadOnlyList<CouponView>> ListCouponsAsync(long afterCouponId, int limit, CancellationToken cancel) => new(
        Query($"SELECT {CouponRow.Columns} FROM coupons WHERE id > $0 ORDER BY id LIMIT $1", CouponRow.Read, afterCouponId, limit));

    public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesAsync(long couponId, long afterTicket, int limit, CancellationToken cancel) => new(
        Query(
            $"SELECT {IssueRow.Columns} FROM coupon_issues WHERE coupon_id = $0 AND ticket > $1 ORDER BY ticket LIMIT $2",
            IssueRow.Read, couponId, afterTicket, limit));

    public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesOfUserAsync(
        long userId, IssuePosition? after, int limit, CancellationToken cancel) => new(
        Query(
            IssuesOfUser,
            IssueRow.Read, userId, after?.DateIssued.UnixMicroseconds ?? long.MaxValue, after?.CouponId ?? long.MaxValue, limit));

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
}
