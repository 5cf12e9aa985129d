using CouponAkka.Domain.Coupons;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>Given what happened, when a command comes, then this is answered and this happens.</summary>
internal static class CouponScenario
{
    public const long CouponId = 7;

    public static readonly Timestamp Start = Timestamp.From(new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));
    public static readonly Timestamp End = Timestamp.From(new DateTimeOffset(2024, 5, 2, 0, 0, 0, TimeSpan.Zero));
    public static readonly Timestamp DayBefore = Start.Plus(-86_400_000_000);
    public static readonly Timestamp Noon = Start.Plus(43_200_000_000);

    /// <summary>Three units, from <see cref="Start"/> to <see cref="End"/>, for orders of 1000 and more.</summary>
    public static readonly CouponPolicy Policy = new("Half price", 3, 500, 1000, Start, End, VendorId: 9);

    public static Timestamp Plus(this Timestamp time, long microseconds) => new(time.UnixMicroseconds + microseconds);

    public static CouponCreated Created(long? total = 3) => new(Policy with { TotalQuantity = total }, DayBefore);

    /// <summary>Units for these users, from ticket 1 on, each a microsecond after the one before.</summary>
    public static CouponsIssued IssuedTo(params long[] users) =>
        new([.. users.Select((user, i) => new CouponIssued(user, i + 1, Start.Plus(i)))]);

    public static CouponUsed UsedBy(long user, long ticket, Timestamp at) => new(user, ticket, 1000, 500, 9, at);

    /// <summary>The unit that <see cref="IssuedTo"/> gives.</summary>
    public static CouponIssue Issue(long user, long ticket, Timestamp? used = null) =>
        new(CouponId, user, ticket, Start.Plus(ticket - 1), used);

    public static CouponView View(CouponPolicy policy, long issued = 0, Timestamp? updated = null) =>
        new(CouponId, policy, issued, DayBefore, updated ?? DayBefore);

    public static Coupon Given(params IEnumerable<CouponEvent> events)
    {
        var coupon = new Coupon(CouponId);
        foreach (var happened in events)
            coupon.Evolve(happened);
        return coupon;
    }

    public static Decision When(this Coupon coupon, CouponCommand command, Timestamp? at = null) => coupon.Decide(command, at ?? Noon);

    public static void Then(this Decision decision, CouponReply reply, CouponEvent? happened = null)
    {
        Assert.Equal(reply, decision.Reply);
        Assert.Equal(happened, decision.Event);
    }

    public static void ThenRefused(this Decision decision, RefusalReason reason, CouponIssue? issue = null) =>
        decision.Then(new Refused(reason, issue));

    /// <summary>All that can be seen of a coupon, as a value; null if it does not exist.</summary>
    public static Seen? StateOf(Coupon coupon)
    {
        if (!coupon.Exists)
            return null;
        var snapshot = coupon.TakeSnapshot();
        return new Seen(snapshot.Coupon, [.. snapshot.Holders], [.. snapshot.Holds.OrderBy(hold => hold.OrderId)]);
    }

    public sealed record Seen(CouponView Coupon, CouponHolder[] Holders, CouponHold[] Holds)
    {
        public bool Equals(Seen? other) =>
            other is not null && Coupon == other.Coupon
            && Holders.AsSpan().SequenceEqual(other.Holders) && Holds.AsSpan().SequenceEqual(other.Holds);

        public override int GetHashCode() => Coupon.GetHashCode();

        public override string ToString() => $"{Coupon} {string.Join(' ', Holders)} {string.Join(' ', Holds)}";
    }
}
