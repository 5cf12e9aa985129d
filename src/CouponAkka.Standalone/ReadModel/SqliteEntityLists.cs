using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>Lists of other kinds than coupons, from the read model's file. Any thread may ask.</summary>
internal sealed class SqliteEntityLists(ReadModelQueries queries) : IEntityLists
{
    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => queries.WaitUntilCaughtUpAsync(cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(EntityKind kind, long afterId, int limit, CancellationToken cancel) => new(
        queries.Query(
            "SELECT view FROM entity_views WHERE kind = $0 AND entity_id > $1 AND view IS NOT NULL ORDER BY entity_id LIMIT $2",
            row => row.GetString(0), kind.Number, afterId, limit));

    public ValueTask<IReadOnlyList<string>> FindAsync(EntityKind kind, IReadOnlyCollection<long> ids, CancellationToken cancel) => new(
        queries.Query(
            "SELECT view FROM entity_views WHERE kind = $0 AND entity_id IN (SELECT value FROM json_each($1)) AND view IS NOT NULL ORDER BY entity_id",
            row => row.GetString(0), kind.Number, $"[{string.Join(',', ids)}]"));

    public ValueTask<IReadOnlyList<ListLine>> ListOldestFirstAsync(string list, long owner, long after, int limit, CancellationToken cancel) =>
        LinesAsync("position > $2 ORDER BY position", list, owner, after, limit);

    public ValueTask<IReadOnlyList<ListLine>> ListNewestFirstAsync(string list, long owner, long before, int limit, CancellationToken cancel) =>
        LinesAsync("position < $2 ORDER BY position DESC", list, owner, before, limit);

    private ValueTask<IReadOnlyList<ListLine>> LinesAsync(string which, string list, long owner, long position, int limit) => new(
        queries.Query(
            $"SELECT position, line FROM list_lines WHERE list = $0 AND owner = $1 AND {which} LIMIT $3",
            row => new ListLine(list, owner, row.GetInt64(0), row.GetString(1)), list, owner, position, limit));
}
