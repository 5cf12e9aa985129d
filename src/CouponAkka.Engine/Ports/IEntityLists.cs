using CouponAkka.Engine.Projecting;

namespace CouponAkka.Engine.Ports;

/// <summary>
/// Lists of every kind but coupons, as <see cref="EntityView"/> made them: in the read model, so never ahead of the journal. While it can't be asked, each
/// of these throws <see cref="ReadModelUnavailableException"/>.
/// </summary>
public interface IEntityLists
{
    /// <inheritdoc cref="IReadModel.WaitUntilCaughtUpAsync"/>
    ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel);

    /// <summary>What <see cref="EntityView.ToJson"/> said of entities of a kind: at most <paramref name="limit"/>, with an id above this, by id.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(EntityKind kind, long afterId, int limit, CancellationToken cancel);

    /// <summary>The same of these entities, by id; of one that lists do not show, none.</summary>
    ValueTask<IReadOnlyList<string>> FindAsync(EntityKind kind, IReadOnlyCollection<long> ids, CancellationToken cancel);

    /// <summary>At most <paramref name="limit"/> lines of a list with a position above this, ascending.</summary>
    ValueTask<IReadOnlyList<ListLine>> ListOldestFirstAsync(string list, long owner, long after, int limit, CancellationToken cancel);

    /// <summary>At most <paramref name="limit"/> lines of a list with a position below this, descending.</summary>
    ValueTask<IReadOnlyList<ListLine>> ListNewestFirstAsync(string list, long owner, long before, int limit, CancellationToken cancel);
}
