using System.Collections.Concurrent;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Projecting.Coupons;

namespace CouponAkka.Sharded.Projection;

/// <summary>One entity's part of a transaction: starts from what the read model holds, takes events in their order. No I/O.</summary>
internal abstract class EntityProjection(EntityKey key)
{
    public EntityKey Key => key;

    /// <summary>The number of the last event that is applied.</summary>
    public abstract long SequenceNumber { get; }

    /// <summary>Why no further, where the next one can't be.</summary>
    public abstract string? ParkedBecause { get; }

    /// <summary>Applies the next event: all of it, or nothing if it throws.</summary>
    /// <param name="happened">Null for one that changes nothing.</param>
    /// <exception cref="InvalidEventException">It contradicts what was applied before.</exception>
    /// <exception cref="UnreadableMessageException">What was shown before is damaged.</exception>
    public abstract void Apply(long sequenceNumber, Event? happened);

    public abstract void Park(string because);
}

/// <summary>A coupon's, which has tables of its own.</summary>
internal sealed class CouponsProjection(EntityKey key, CouponProjection coupon) : EntityProjection(key)
{
    public CouponProjection Coupon => coupon;

    public override long SequenceNumber => coupon.Progress.SequenceNumber;

    public override string? ParkedBecause => coupon.Progress.ParkedBecause;

    public override void Apply(long sequenceNumber, Event? happened) => coupon.Apply(sequenceNumber, (CouponEvent?)happened);

    public override void Park(string because) => coupon.Park(because);
}

/// <summary>That of an entity of any other kind: its document, and lines of lists.</summary>
internal sealed class ViewProjection(EntityKey key, ViewRow? stored) : EntityProjection(key)
{
    private readonly List<Event> _applied = [];
    private EntityView? _view;
    private long _sequenceNumber = stored?.SequenceNumber ?? 0;
    private string? _parkedBecause = stored?.ParkedBecause;

    public override long SequenceNumber => _sequenceNumber;

    public override string? ParkedBecause => _parkedBecause;

    public bool HasProgressed => _sequenceNumber != (stored?.SequenceNumber ?? 0) || _parkedBecause != stored?.ParkedBecause;

    /// <summary>As lists of its kind show it, or null if they do not.</summary>
    /// <exception cref="InvalidEventException">It can't be shown.</exception>
    public string? Json => _view is { } view ? Guard(view.ToJson) : stored?.View;

    public IReadOnlyList<ListLine> Lines => _view?.Lines ?? [];

    public override void Apply(long sequenceNumber, Event? happened)
    {
        if (sequenceNumber != _sequenceNumber + 1)
            throw new InvalidEventException($"{Key} has event {sequenceNumber} after event {_sequenceNumber}.");
        if (happened is not null)
        {
            var view = _view ??= New();
            // If it throws it may have changed by half.
            _view = null;
            try
            {
                Guard(() =>
                {
                    view.Apply(happened);
                    return true;
                });
                _applied.Add(happened);
            }
            catch
            {
                view = New();
                _applied.ForEach(view.Apply);
                throw;
            }
            finally
            {
                _view = view;
            }
        }

        (_sequenceNumber, _parkedBecause) = (sequenceNumber, null);
    }

    public override void Park(string because) => _parkedBecause = because;

    private EntityView New() => Guard(() => Key.Kind.ViewOf(Key.Id, stored?.View)) ?? throw new InvalidEventException($"{Key} is in no list.");

    // A fault in one kind's view must not stop what is projected of others.
    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (fault is not (InvalidEventException or UnreadableMessageException or OutOfMemoryException))
        {
            throw new InvalidEventException($"{Key} can't be shown after event {_sequenceNumber}: {fault.Message}");
        }
    }
}

/// <summary>Which kinds have views.</summary>
internal static class KindsWithViews
{
    private static readonly ConcurrentDictionary<EntityKind, bool> Known = new();

    /// <summary>Whether lists show entities of the kind, by <see cref="EntityKind.ViewOf"/>.</summary>
    public static bool HasView(this EntityKind kind) => Known.GetOrAdd(kind, static kind => kind.ViewOf(1, before: null) is not null);
}
