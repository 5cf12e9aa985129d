using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Contracts.Tests;

/// <summary>Messages that can be, the extremes more often than chance would have them.</summary>
internal static class Generate
{
    private const long MaxId = (1L << 53) - 1;
    private static readonly long MinTime = Timestamp.From(DateTimeOffset.MinValue).UnixMicroseconds;
    private static readonly long MaxTime = Timestamp.From(DateTimeOffset.MaxValue).UnixMicroseconds;

    public static Gen<CouponEvent> Events => Gen.OneOf(
        from policy in Policies from at in Times select (CouponEvent)new CouponCreated(policy, at),
        from policy in Policies
        from at in Times
        select (CouponEvent)new CouponChanged(policy.Title, policy.TotalQuantity, policy.DateIssueStart, policy.DateIssueEnd, at),
        from at in Times select (CouponEvent)new IssuingStopped(at),
        from at in Times select (CouponEvent)new IssuingResumed(at),
        from firstTicket in Between(1, MaxId - 1_000)
        from issues in Issues.NonEmptyListOf()
        select (CouponEvent)new CouponsIssued([.. issues.Select((issue, i) => new CouponIssued(issue.UserId, firstTicket + i, issue.At))]),
        from userId in Ids
        from ticket in Ids
        from orderAmount in OrNone(Amounts)
        from discount in Amounts
        from vendorId in OrNone(Ids)
        from at in TimesOfUse
        from orderId in OrNone(Ids)
        select (CouponEvent)new CouponUsed(userId, ticket, orderAmount, discount, vendorId, at, orderId),
        from userId in Ids
        from ticket in Ids
        from orderId in Ids
        from orderAmount in Amounts
        from discount in Amounts
        from at in Times
        from reason in Gen.Elements(Enum.GetValues<RefusalReason>())
        from happened in Gen.Elements<CouponEvent>(
            new CouponHeld(userId, ticket, orderId, orderAmount, discount, at), new HoldReleased(ticket, orderId, at), new HoldRefused(orderId, reason, at))
        select happened);

    public static Gen<CouponCommand> Commands => Gen.OneOf(
        from policy in Policies select (CouponCommand)new CreateCoupon(policy),
        from title in Gen.OneOf(Gen.Constant<string?>(null), Titles.Select(title => (string?)title))
        from total in Gen.OneOf(Gen.Constant<NewTotal?>(null), OrNone(Amounts).Select(total => (NewTotal?)new NewTotal(total)))
        from start in OrNone(Times)
        from end in OrNone(Times)
        from known in OrNone(Times)
        select (CouponCommand)new ChangeCoupon(title, total, start, end, known),
        from userId in Ids select (CouponCommand)new IssueCoupon(userId),
        from userId in Ids from amount in OrNone(Amounts) select (CouponCommand)new UseCoupon(userId, amount),
        from userId in Ids from orderId in Ids from amount in Amounts select (CouponCommand)new HoldUnit(userId, orderId, amount),
        from orderId in Ids from command in Gen.Elements<CouponCommand>(new ReleaseUnit(orderId), new UseHeldUnit(orderId)) select command,
        from userId in Ids select (CouponCommand)new FindIssue(userId),
        Gen.Elements<CouponCommand>(GetStatus.Instance, GetCoupon.Instance, StopIssuing.Instance, ResumeIssuing.Instance));

    public static Gen<CouponSnapshot> Snapshots =>
        from policy in Policies
        from created in Times
        from updated in Times
        from stopped in Gen.Elements(false, true)
        from any in Issues.ListOf()
        let issues = any.DistinctBy(issue => issue.UserId).ToArray()
        from used in OrNone(TimesOfUse).ListOf(issues.Length)
        from holds in Holds.ListOf()
        select new CouponSnapshot(
            new CouponView(
                Codec.CouponId, policy with { TotalQuantity = policy.TotalQuantity < issues.Length ? issues.Length : policy.TotalQuantity }, issues.Length, created, updated, stopped),
            [.. issues.Select((issue, i) => new CouponHolder(issue.UserId, i + 1, issue.At, used[i]))])
        {
            Holds = [.. holds],
        };

    public static Gen<object> Messages => Gen.OneOf(
        Events.Select(happened => (object)happened),
        Commands.Select(command => (object)command),
        Snapshots.Select(snapshot => (object)snapshot));

    private static Gen<CouponPolicy> Policies =>
        from title in Titles
        from total in OrNone(Amounts)
        from discount in Amounts
        from minimum in Amounts
        from one in Between(MinTime, MaxTime - 1)
        from other in Between(MinTime, MaxTime - 1)
        from vendorId in OrNone(Ids)
        from type in Gen.Elements(Enum.GetValues<CouponType>())
        select new CouponPolicy(
            title, total, discount, minimum, new(Math.Min(one, other)), new(Math.Max(one, other) + 1), vendorId, type);

    private static Gen<CouponHold> Holds =>
        from orderId in Ids
        from ticket in Ids
        from orderAmount in Amounts
        from discount in Amounts
        from state in Gen.Elements(Enum.GetValues<HoldState>())
        select state == HoldState.Held ? new CouponHold(orderId, state, ticket, orderAmount, discount) : new CouponHold(orderId, state);

    private static Gen<(long UserId, Timestamp At)> Issues => from userId in Ids from at in Times select (userId, at);

    public static Gen<string> Titles => Gen.Elements("A", "치킨 50% 할인", "🍗", "a\0b\n", new string('가', CouponPolicy.MaxTitleLength));

    public static Gen<long> Ids => Between(1, MaxId);

    public static Gen<long> Amounts => Between(0, long.MaxValue);

    public static Gen<Timestamp> Times => Between(MinTime, MaxTime).Select(time => new Timestamp(time));

    private static Gen<Timestamp> TimesOfUse => Times.Where(time => time != default);

    private static Gen<long> Between(long min, long max) => Gen.OneOf(
        Gen.Elements(min, max),
        Gen.Choose(0, 10_000_000).Select(offset => min + Math.Min(offset, max - min)),
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        select (long)(min + (Int128)(((ulong)high << 32) | (uint)low) % ((Int128)max - min + 1)));

    public static Gen<T?> OrNone<T>(Gen<T> some)
        where T : struct => Gen.OneOf(Gen.Constant<T?>(null), some.Select(value => (T?)value));
}
