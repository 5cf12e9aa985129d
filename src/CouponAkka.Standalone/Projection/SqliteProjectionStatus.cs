using System.Diagnostics;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Projection;

/// <summary>How the projection fares: how far it has come, and since when it has been behind.</summary>
internal sealed class SqliteProjectionStatus(EventJournal journal) : ProjectionStatus
{
    private long _position;
    // When the first event was appended that is not in the read model: of those being applied, and of those after them. 0 for none.
    private long _applyingSince;
    private long _appendedSince;

    /// <summary>The place in the journal of the last event that has been projected.</summary>
    public long Position
    {
        get => Interlocked.Read(ref _position);
        set => Interlocked.Exchange(ref _position, value);
    }

    public override long EventsBehind => journal.LastOrdering - Position;

    public override TimeSpan Lag
    {
        get
        {
            var since = Interlocked.Read(ref _applyingSince) is not 0 and var applying ? applying : Interlocked.Read(ref _appendedSince);
            return since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since);
        }
    }

    /// <summary>The journal has grown. Called by its writer, after each write.</summary>
    public void Appended() => Interlocked.CompareExchange(ref _appendedSince, Stopwatch.GetTimestamp(), 0);

    /// <summary>All that has been appended before is being applied.</summary>
    public void Applying()
    {
        var appended = Interlocked.Exchange(ref _appendedSince, 0);
        // What a pass that failed left undone is older.
        Interlocked.CompareExchange(ref _applyingSince, appended, 0);
    }

    /// <summary>What was being applied is in the read model, but for these entities.</summary>
    public void Applied(IReadOnlyDictionary<EntityKey, string> parked)
    {
        Interlocked.Exchange(ref _applyingSince, 0);
        Parked = parked.Where(entity => IsCoupon(entity.Key)).ToDictionary(entity => entity.Key.Id, entity => entity.Value);
        ParkedOthers = parked.Where(entity => !IsCoupon(entity.Key)).ToDictionary();
        Failure = null;
    }

    private static bool IsCoupon(EntityKey key) => key.Kind == CouponKind.Instance;
}
