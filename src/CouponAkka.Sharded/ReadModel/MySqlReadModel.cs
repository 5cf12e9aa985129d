using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Projection;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using MySqlConnector;

namespace CouponAkka.Sharded.ReadModel;

/// <summary>Answers queries from the tables that the projection fills. Any thread may ask.</summary>
internal sealed class MySqlReadModel(CouponDatabase database, TimeProvider clock) : IReadModel, IEntityLists
{
    private readonly ProjectionWait _projection = new(database, clock);

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => new(_projection.WaitAsync().WaitAsync(cancel));

    public async ValueTask<IReadOnlyList<CouponView>> ListCouponsAsync(long afterCouponId, int limit, CancellationToken cancel) =>
        (await AskAsync(connection => connection.GetTable<CouponRow>()
            .Where(row => row.Id > afterCouponId)
            .OrderBy(row => row.Id)
            .Take(limit)
            .ToListAsync(cancel))).ConvertAll(row => row.ToView());

    public async ValueTask<IReadOnlyList<CouponIssue>> ListIssuesAsync(long couponId, long afterTicket, int limit, CancellationToken cancel) =>
        (await AskAsync(connection => connection.GetTable<IssueRow>()
            .Where(row => row.CouponId == couponId && row.Ticket > afterTicket)
            .OrderBy(row => row.Ticket)
            .Take(limit)
            .ToListAsync(cancel))).ConvertAll(row => row.ToIssue());

    public async ValueTask<IReadOnlyList<CouponIssue>> ListIssuesOfUserAsync(long userId, IssuePosition? after, int limit, CancellationToken cancel) =>
        (await AskAsync(connection => IssuesOfUser(connection, userId, after, limit).ToListAsync(cancel))).ConvertAll(row => row.ToIssue());

    public async ValueTask<IReadOnlyList<string>> ListAsync(EntityKind kind, long afterId, int limit, CancellationToken cancel) =>
        await AskAsync(connection => connection.GetTable<ViewRow>()
            .Where(row => row.Kind == kind.Name && row.EntityId > afterId && row.View != null)
            .OrderBy(row => row.EntityId)
            .Take(limit)
            .Select(row => row.View!)
            .ToListAsync(cancel));

    public async ValueTask<IReadOnlyList<string>> FindAsync(EntityKind kind, IReadOnlyCollection<long> ids, CancellationToken cancel) =>
        await AskAsync(connection => connection.GetTable<ViewRow>()
            .Where(row => row.Kind == kind.Name && ids.Contains(row.EntityId) && row.View != null)
            .OrderBy(row => row.EntityId)
            .Select(row => row.View!)
            .ToListAsync(cancel));

    public async ValueTask<IReadOnlyList<ListLine>> ListOldestFirstAsync(string list, long owner, long after, int limit, CancellationToken cancel) =>
        (await AskAsync(connection => connection.GetTable<LineRow>()
            .Where(row => row.List == list && row.Owner == owner && row.Position > after)
            .OrderBy(row => row.Position)
            .Take(limit)
            .ToListAsync(cancel))).ConvertAll(row => row.ToLine());

    public async ValueTask<IReadOnlyList<ListLine>> ListNewestFirstAsync(string list, long owner, long before, int limit, CancellationToken cancel) =>
        (await AskAsync(connection => connection.GetTable<LineRow>()
            .Where(row => row.List == list && row.Owner == owner && row.Position < before)
            .OrderByDescending(row => row.Position)
            .Take(limit)
            .ToListAsync(cancel))).ConvertAll(row => row.ToLine());

    internal static IQueryable<IssueRow> IssuesOfUser(DataConnection connection, long userId, IssuePosition? after, int limit)
    {
        var issues = connection.GetTable<IssueRow>().Where(row => row.UserId == userId);
        // Not (date_issued, coupon_id) < (…): MySQL takes no range of an index from a row constructor.
        if (after is { DateIssued: var date, CouponId: var couponId })
            issues = issues.Where(row => row.DateIssued <= date && (row.DateIssued < date || row.CouponId < couponId));
        return issues.OrderByDescending(row => row.DateIssued).ThenByDescending(row => row.CouponId).Take(limit);
    }

    private async Task<T> AskAsync<T>(Func<DataConnection, Task<T>> ask)
    {
        try
        {
            await using var connection = database.Connect();
            return await ask(connection);
        }
        catch (MySqlException failure)
        {
            throw new ReadModelUnavailableException(failure);
        }
    }
}
