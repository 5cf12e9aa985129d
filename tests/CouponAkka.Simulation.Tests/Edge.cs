using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Sharded.Edge;

namespace CouponAkka.Simulation.Tests;

/// <summary>A process that people ask: <see cref="CouponOutbox"/>, <see cref="CouponCopy"/>, and what <c>CouponGateway</c> does with them.</summary>
internal sealed class Edge : Process, IWaysToEntities
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private CouponOutbox _outbox;
    private readonly List<(ValueTask<Reply> Reply, Action<Reply> Told)> _waiting = [];
    private long _lastSent;

    public Edge(World world, string name, double rate, TimeSpan wrong, Node home)
        : base(world, name, rate, wrong)
    {
        Home = home;
        _outbox = new CouponOutbox(Scenario.CouponId, this, this, Clock);
        After(SweepInterval, Sweep);
    }

    /// <summary>Where it takes the coupon to live.</summary>
    public Node Home { get; set; }

    /// <summary>How many it has refused from its copy.</summary>
    public int Refused { get; private set; }

    bool IWaysToEntities.Any => true;

    IActorRef IWaysToEntities.Of(EntityKey key) => Home;

    void IWaysToEntities.Learn(EntityKey key, Address home)
    {
        // It is told by Home.
    }

    bool IWaysToEntities.Answers(IActorRef asked) => true;

    // Who waits there hears nothing.
    public override void Kill()
    {
        base.Kill();
        _waiting.Clear();
        _outbox = new CouponOutbox(Scenario.CouponId, this, this, Clock);
        After(SweepInterval, Sweep);
    }

    public void Ask(CouponCommand command, Action<Reply> told)
    {
        if (command is IssueCoupon issue && _outbox.Copy is { } copy)
        {
            var refusal = copy.TryRefuse(issue, out var follow);
            _outbox.Send(follow);
            if (refusal is not null)
            {
                Refused++;
                World.Tell(Name, $"refuses {issue} from its copy: {refusal}");
                told(refusal);
                return;
            }
        }

        if (!_outbox.TryAsk(command, out var reply))
            throw new InvalidOperationException("The outbox is never retired.");
        _waiting.Add((reply, told));
    }

    protected override void Sends(object message)
    {
        if (message is CouponRequest request)
            _lastSent = request.Number;
    }

    protected override void Receive(object message, Process sender)
    {
        switch (message)
        {
            case CouponAnswers answers:
                foreach (var answered in _outbox.Answered(World.Has(Bug.LateAnswerTakenForAnother) ? _lastSent : answers.Number, answers.Replies))
                    answered.Complete();
                if (answers.Closed)
                    _outbox.Follow();
                TellWhoIsAnswered();
                break;
            case CouponLease lease when World.Has(Bug.CopyRefusesAfterItsLease):
                _outbox.Followed(lease with { Duration = 4 * lease.Duration });
                break;
            case FollowedCoupon followed:
                _outbox.Followed(followed);
                break;
        }
    }

    private void TellWhoIsAnswered()
    {
        var answered = _waiting.FindAll(waiting => waiting.Reply.IsCompleted);
        _waiting.RemoveAll(waiting => waiting.Reply.IsCompleted);
        foreach (var (reply, told) in answered)
            told(reply.GetAwaiter().GetResult());
    }

    private void Sweep()
    {
        _outbox.Probe();
        After(SweepInterval, Sweep);
    }
}
