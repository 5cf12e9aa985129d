using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;

namespace CouponAkka.Sharded.Entities;

/// <summary>
/// What several people ask of one entity that is no coupon, in the order in which it is to be decided. Coupons have <see cref="CouponRequest"/>.
/// </summary>
/// <inheritdoc cref="IEntityRequest"/>
internal sealed record EntityRequest(EntityKey Key, long Number, IReadOnlyList<Command> Commands, IReadOnlyList<string> TraceParents) : IEntityRequest
{
    public long EntityId => Key.Id;

    public Reply[] NewReplies() => new Reply[Commands.Count];

    public object AnswersOf(Reply[] replies, bool closed) => new EntityAnswers(Key, Number, replies);
}

/// <summary>The answers to the request with this number, in the order of its commands.</summary>
internal sealed record EntityAnswers(EntityKey Key, long Number, IReadOnlyList<Reply> Replies);
