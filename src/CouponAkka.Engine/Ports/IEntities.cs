using CouponAkka.Domain;

namespace CouponAkka.Engine.Ports;

/// <summary>Asks the one writer of an entity, wherever it lives.</summary>
public interface IEntities
{
    /// <summary>
    /// The entity's answer, once everything that it rests on is durable. Failures are answers too:
    /// <see cref="EntityKind.OutcomeUnknown"/> and <see cref="EntityKind.Unavailable"/>.
    /// </summary>
    ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command);
}
