using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts.Tests;

public sealed class EncodeTests
{
    private static readonly Timestamp Start = new(1_700_000_000_000_000);
    private static readonly CouponPolicy Policy = new("Half a chicken", null, 3_000, 0, Start, new(Start.UnixMicroseconds + 1));

    public static TheoryData<string> WhatCanNotBe => [.. Impossible.Keys];

    private static Dictionary<string, object> Impossible => new()
    {
        ["no issue"] = new CouponsIssued([]),
        ["a hole in the tickets"] = new CouponsIssued([new(1, 1, Start), new(2, 3, Start)]),
        ["a user id of zero"] = new CouponsIssued([new(0, 1, Start)]),
        ["a period without length"] = new CouponCreated(Policy with { DateIssueEnd = Start }, Start),
        ["a change to no title"] = new CouponChanged("", 1, Start, new(Start.UnixMicroseconds + 1), Start),
        ["a use at the time that means not used"] = new CouponUsed(1, 1, null, 0, null, default),
        ["a use for no order's id"] = new CouponUsed(1, 1, null, 0, null, Start, OrderId: 0),
        ["held for no order"] = new CouponHeld(1, 1, 0, 0, 0, Start),
        ["held for a negative order"] = new CouponHeld(1, 1, 1, -1, 0, Start),
        ["released of no ticket"] = new HoldReleased(0, 1, Start),
        ["not held for no reason"] = new HoldRefused(1, 0, Start),
        ["a command for nobody"] = new IssueCoupon(0),
        ["hold for a negative order"] = new HoldUnit(1, 1, -1),
        ["release for no order"] = new ReleaseUnit(0),
        ["use for no order"] = new UseHeldUnit(0),
        ["a snapshot with a holder missing"] = new CouponSnapshot(new CouponView(1, Policy, 2, Start, Start), [new(1, 1, Start, null)]),
        ["a snapshot with a hole in the tickets"] = new CouponSnapshot(
            new CouponView(1, Policy, 2, Start, Start), [new(1, 1, Start, null), new(2, 3, Start, null)]),
        ["a snapshot with a hold of no ticket"] = Holding(new(1, HoldState.Held)),
        ["a snapshot with a ticket of who holds nothing"] = Holding(new(1, HoldState.Released, 1)),
        ["a snapshot with a hold in no state"] = Holding(new(1, 0)),
        ["a snapshot with a hold for no order"] = Holding(new(0, HoldState.Used)),
    };

    [Theory]
    [MemberData(nameof(WhatCanNotBe))]
    public void What_could_not_be_read_again_is_not_written(string what) =>
        Assert.Throws<InvalidDataException>(() => Codec.Encode(Impossible[what]));

    private static CouponSnapshot Holding(CouponHold hold) =>
        new(new CouponView(1, Policy, 1, Start, Start), [new(1, 1, Start, null)]) { Holds = [hold] };

    [Fact]
    public void A_group_of_100_issues_takes_at_most_900_bytes()
    {
        // The largest of the course's user ids, and a second between neighbours: a burst takes less.
        var issues = Enumerable.Range(0, 100).Select(i =>
            new CouponIssued(10_000_000 - i, 1_000_000 + i, new(Start.UnixMicroseconds + (i * TimeSpan.MicrosecondsPerSecond))));

        Assert.InRange(CouponEventCodec.Encode(new CouponsIssued([.. issues])).Length, 100, 900);
    }

    [Fact]
    public void A_snapshot_takes_at_most_12_bytes_a_holder()
    {
        // Issued as fast as a million in a minute, all used at some time within three weeks.
        var random = new Random(1);
        var time = Start.UnixMicroseconds;
        var holders = Enumerable.Range(1, 10_000).Select(ticket => new CouponHolder(
            random.Next(1, 10_000_001),
            ticket,
            new(time += random.Next(0, 120)),
            new(time + random.NextInt64(0, 21 * TimeSpan.MicrosecondsPerDay)))).ToList();

        var payload = CouponSnapshotCodec.Encode(new CouponSnapshot(new CouponView(1, Policy, holders.Count, Start, Start), holders));

        Assert.InRange(payload.Length / (double)holders.Count, 1, 12);
    }

    [Fact]
    public void A_coupon_restored_from_its_encoded_snapshot_goes_on_where_it_was()
    {
        var live = new Coupon(4711);
        live.Evolve(new CouponCreated(Policy, Start));
        live.Evolve(new CouponsIssued([new(7, 1, Start), new(8, 2, Start), new(9, 3, Start)]));
        live.Evolve(new CouponUsed(8, 2, 100, 3_000, null, Start));
        live.Evolve(new CouponHeld(7, 1, 90, 4_000, 3_000, Start));
        live.Evolve(new HoldRefused(91, RefusalReason.AlreadyUsed, Start));
        var payload = CouponSnapshotCodec.Encode(live.TakeSnapshot());

        var restored = Coupon.From(CouponSnapshotCodec.Decode(4711, 3, payload));

        CouponCommand[] commands =
        [
            new IssueCoupon(7),
            new UseCoupon(8),
            new UseCoupon(9, 50),
            new IssueCoupon(10),
            new FindIssue(11),
            GetStatus.Instance,
            new UseCoupon(7),
            new UseHeldUnit(90),
            new ReleaseUnit(90),
            new HoldUnit(7, 92, 4_000),
            new HoldUnit(9, 91, 4_000),
            new HoldUnit(9, 93, 4_000),
        ];
        Assert.All(commands, command => Assert.Equal(live.Decide(command, Start), restored.Decide(command, Start)));
    }
}
