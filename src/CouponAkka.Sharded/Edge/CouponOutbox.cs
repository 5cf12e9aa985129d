using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;

namespace CouponAkka.Sharded.Edge;

/// <summary>The way to one coupon, and what refuses without asking it.</summary>
internal sealed class CouponOutbox(long couponId, IWaysToEntities ways, IActorRef replyTo, TimeProvider clock)
    : EntityOutbox(new EntityKey(CouponKind.Instance, couponId), ways, replyTo, clock)
{
    // The coupon may keep a change waiting for more than a second (Followers).
    private static readonly TimeSpan FirstProbeOfChange = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock = clock;
    private CouponCopy? _copy;

    /// <summary>What refuses without asking, or null.</summary>
    public CouponCopy? Copy => Volatile.Read(ref _copy);

    protected override bool IsKept => Copy is not null;

    /// <summary>Asks to follow the coupon, so that it can be refused without asking. One thread calls it.</summary>
    public void Follow()
    {
        if (Copy is not { } copy)
            Volatile.Write(ref _copy, copy = new CouponCopy(couponId, _clock));
        Send(copy.Follow());
    }

    public void Followed(FollowedCoupon followed) => Send(Copy?.Followed(followed));

    public void Send(FollowCoupon? follow)
    {
        if (follow is not null)
            SendAside(follow);
    }

    public void ForgetCopy() => Volatile.Write(ref _copy, null);

    protected override int WeightOf(Command command) => Weight.Of((CouponCommand)command);

    protected override Command[] NewCommands(int count) => new CouponCommand[count];

    protected override object Request(long number, Command[] commands, IReadOnlyList<string> traces) =>
        new CouponRequest(couponId, number, (CouponCommand[])commands, traces);

    protected override object Question(long number) => new CouponRequest(couponId, number, [GetStatus.Instance]);

    protected override TimeSpan ProbedAfter(Command[] commands) =>
        Array.Exists(commands, command => command is PolicyCommand) ? FirstProbeOfChange : base.ProbedAfter(commands);

    protected override Reply Completed(Command command, Reply reply) =>
        CouponMessageCodec.CompleteFrom((CouponCommand)command, (CouponReply)reply);
}
