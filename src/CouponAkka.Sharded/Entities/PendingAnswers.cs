using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Sharded.Entities;

/// <summary>Answers to one request that are decided, and who waits for them.</summary>
/// <param name="Decided">When, by the moments of the writer's lease.</param>
/// <param name="HasEvents">Whether anything of the request needed an event.</param>
internal readonly record struct PendingAnswers(IActorRef Asker, CouponRequest Request, CouponReply[] Replies, TimeSpan Decided, bool HasEvents)
{
    public void Tell(IActorRef self, bool closed) => Asker.Tell(new CouponAnswers(Request.CouponId, Request.Number, Replies, closed), self);

    /// <summary>What came of it is not known.</summary>
    public void TellLost(IActorRef self)
    {
        for (var i = 0; i < Replies.Length; i++)
            Replies[i] = CouponReply.Lost(Request.Commands[i]);
        Tell(self, closed: false);
    }

    /// <summary>Nothing came of it.</summary>
    public void TellUnavailable(IActorRef self) => Asker.Tell(CouponAnswers.Unavailable(Request), self);
}
