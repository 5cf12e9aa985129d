using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;

namespace CouponAkka.Sharded.Entities;

/// <summary>Answers to one request that are decided, and who waits for them.</summary>
/// <param name="Decided">When, by the moments of the writer's lease.</param>
/// <param name="HasEvents">Whether anything of the request needed an event.</param>
internal readonly record struct PendingAnswers(IActorRef Asker, IEntityRequest Request, Reply[] Replies, TimeSpan Decided, bool HasEvents)
{
    /// <summary>Tells that nothing of the request was decided.</summary>
    public static void TellUnavailable(EntityKind kind, IActorRef asker, IEntityRequest request, IActorRef self)
    {
        var replies = request.NewReplies();
        Array.Fill(replies, kind.Unavailable);
        asker.Tell(request.AnswersOf(replies, closed: false), self);
    }

    public void Tell(IActorRef self, bool closed) => Asker.Tell(Request.AnswersOf(Replies, closed), self);

    /// <summary>Tells that the answers are not true any more: what came of the request is unknown, or nothing did.</summary>
    public void TellGivenUp(EntityKind kind, bool mayHaveLanded, IActorRef self)
    {
        if (!mayHaveLanded)
        {
            TellUnavailable(kind, Asker, Request, self);
            return;
        }

        for (var i = 0; i < Replies.Length; i++)
            Replies[i] = kind.Lost(Request.Commands[i]);
        Tell(self, closed: false);
    }
}
