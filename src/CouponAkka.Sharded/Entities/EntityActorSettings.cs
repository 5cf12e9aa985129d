using CouponAkka.Sharded.Health;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Entities;

/// <summary>What every entity's actor is given.</summary>
/// <param name="WriteTimeout">
/// How long a write may take before those who wait are told that its outcome is unknown; and a check of where the journal ends.
/// </param>
/// <param name="Durable">What this process has seen durable: a journal that holds less is not the one that told it.</param>
internal sealed record EntityActorSettings(
    TimeProvider Clock, TimeSpan WriteTimeout, IJournalEnds Ends, UnrecoverableEntities Unrecoverable, StoppedWriters Stopped, DurableNumbers Durable);

/// <summary>Asks an entity's actor to stop as soon as nothing is pending: for passivation and for hand-over to another node.</summary>
internal sealed class StopEntity
{
    public static readonly StopEntity Instance = new();
}
