using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Vendors;

namespace CouponAkka.Engine.Tests.Notifying;

/// <summary>What is told of each event.</summary>
public sealed class NotificationTests
{
    private static readonly Timestamp At = new(1_700_000_000_000_000);

    private static readonly (EntityKind Kind, Event Happened, string[] Told)[] Examples =
    [
        (CouponKind.Instance, new CouponCreated(new CouponPolicy("Spring", null, 1_000, 20_000, At, At.Plus(TimeSpan.FromDays(1)), VendorId: 3), At),
            ["coupon.created /coupons/7 Coupon 7 was created: Spring. couponId=7 discountAmount=1000 minAvailableAmount=20000 vendorId=3"]),
        (CouponKind.Instance, new CouponChanged("Summer", 5, At, At.Plus(TimeSpan.FromDays(1)), At),
            ["coupon.changed /coupons/7 Coupon 7 was changed: Summer. couponId=7 totalQuantity=5"]),
        (CouponKind.Instance, new IssuingStopped(At), ["coupon.stopped /coupons/7 Issuing of coupon 7 was stopped. couponId=7"]),
        (CouponKind.Instance, new IssuingResumed(At), ["coupon.resumed /coupons/7 Issuing of coupon 7 was resumed. couponId=7"]),
        (CouponKind.Instance, new CouponsIssued([new(5, 1, At), new(6, 2, At)]),
            [
                "coupon.issued /coupons/7 User 5 was issued coupon 7, ticket 1. couponId=7 userId=5 ticket=1",
                "coupon.issued /coupons/7 User 6 was issued coupon 7, ticket 2. couponId=7 userId=6 ticket=2",
            ]),
        (CouponKind.Instance, new CouponUsed(5, 1, OrderAmount: null, 1_000, VendorId: 3, At),
            ["coupon.used /coupons/7 User 5 used coupon 7, ticket 1. couponId=7 userId=5 ticket=1 discountAmount=1000 vendorId=3"]),
        (VendorKind.Instance, new VendorNamed("Cafe", 0, 0, At), ["vendor.named /vendors/7 Vendor 7 is named Cafe. vendorId=7"]),
        (VendorKind.Instance, new VendorCredited(new("coupon", 8, 1), 1, 8, 5, 1, null, 100, At),
            ["vendor.credited /vendors/7 Vendor 7 was paid 100: user 5 used coupon 8. vendorId=7 amount=100 couponId=8 userId=5 ticket=1"]),
    ];

    [Fact]
    [Trait("Promise", "17")]
    public void Each_event_is_told_in_as_many_lines_as_things_have_happened()
    {
        foreach (var (kind, happened, told) in Examples)
        {
            Assert.Equal(told, Enumerable.Range(0, kind.LinesOf(happened)).Select(index => Text(kind.LineOf(7, happened, index))));
            Assert.All(Enumerable.Range(0, kind.LinesOf(happened)), index => Assert.Equal(At, kind.LineOf(7, happened, index).At));
        }
    }

    [Fact]
    [Trait("Promise", "17")]
    public void There_is_an_example_of_each_event_and_each_kind_names_what_it_tells()
    {
        Type[] all = [.. typeof(Event).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Event)) && !type.IsAbstract)];
        var known = all.Where(type => EntityKinds.All.Any(kind => kind.EventType.IsAssignableFrom(type)));
        // A kind that came with others shows its own in a test of its own.
        Assert.Empty(known.Where(type => typeof(CouponEvent).IsAssignableFrom(type) || typeof(VendorEvent).IsAssignableFrom(type))
            .Except(Examples.Select(example => example.Happened.GetType())));
        foreach (var kind in (EntityKind[])[CouponKind.Instance, VendorKind.Instance])
        {
            Assert.Equal(
                kind.Notifications.Order(),
                Examples.Where(example => example.Kind == kind).Select(example => kind.LineOf(1, example.Happened, 0).Kind).Distinct().Order());
            Assert.All(kind.Notifications, name => Assert.StartsWith(kind.Name + ".", name, StringComparison.Ordinal));
        }
    }

    [Fact]
    [Trait("Promise", "17")]
    public void An_event_has_its_numbers_also_when_it_can_not_be_read()
    {
        var issued = new CouponsIssued([new(5, 1, At), new(6, 2, At), new(7, 3, At)]);
        var numbers = EventNumbers.At(10, CouponKind.Instance, issued, TimeProvider.System);
        Assert.Equal((10, 12, null), (numbers.First, numbers.Last, numbers.UnreadableAt));
        Assert.Equal(["11 ticket 2", "12 ticket 3"], numbers.LinesAfter(10, CouponKind.Instance, 7, 2, issued).Select(line => $"{line.N} ticket {line.Line.Data["ticket"]}"));
        Assert.Equal(
            ["10 event.unreadable", "11 event.unreadable", "12 event.unreadable"],
            numbers.LinesAfter(0, CouponKind.Instance, 7, 2, null).Select(line => $"{line.N} {line.Line.Kind}"));

        var unreadable = EventNumbers.At(13, CouponKind.Instance, null, TimeProvider.System);
        // Mended later, it stays what it was.
        Assert.Equal(
            ["13 event.unreadable Event 3 of coupon 7 can't be read."],
            unreadable.LinesAfter(12, CouponKind.Instance, 7, 3, issued).Select(line => $"{line.N} {line.Line.Kind} {line.Line.Text}"));
    }

    private static string Text(NotificationLine line) =>
        $"{line.Kind} {line.Subject} {line.Text} {string.Join(' ', line.Data.Select(data => $"{data.Key}={data.Value}"))}";
}
