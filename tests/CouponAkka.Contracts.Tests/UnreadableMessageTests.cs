using CouponAkka.Contracts.Wire;
using CouponAkka.Domain;
using Google.Protobuf;
using Coupons = CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts.Tests;

public sealed class UnreadableMessageTests
{
    private const long MaxId = (1L << 53) - 1;
    private const long Start = 1_700_000_000_000_000;

    public static TheoryData<string, string, byte[]> ImpossibleEvents
    {
        get
        {
            var data = new TheoryData<string, string, byte[]>();
            void Add(string cause, string manifest, IMessage message) => data.Add(cause, manifest, message.ToByteArray());

            Add("The column of times of issue has 1 entries instead of 2.", "ci", Issued(1, [1, 2], [Start]));
            Add("The column of times of issue has 2 entries instead of 1.", "ci", Issued(1, [1], [Start, 0]));
            Add("It holds no issue.", "ci", Issued(1, [], []));
            Add("Ticket 0 is not in", "ci", Issued(0, [1], [Start]));
            Add("Ticket -1 is not in", "ci", Issued(-1, [1], [Start]));
            Add("User id 0 is not in", "ci", Issued(1, [1, 0], [Start, 0]));
            Add($"User id {MaxId + 1} is not in", "ci", Issued(1, [MaxId + 1], [Start]));
            Add("is not in the years", "ci", Issued(1, [1], [long.MaxValue]));
            Add("The policy is missing.", "cc", new CouponCreated { At = Start });
            Add("The time is missing.", "cc", new CouponCreated { Policy = Policy() });
            Add("The title is missing.", "cc", Created(policy => policy.Title = ""));
            Add("Total quantity -1 is negative.", "cc", Created(policy => policy.TotalQuantity = -1));
            Add("Discount amount -1 is negative.", "cc", Created(policy => policy.DiscountAmount = -1));
            Add("Smallest order amount -1 is negative.", "cc", Created(policy => policy.MinAvailableAmount = -1));
            Add("The start is missing.", "cc", Created(policy => policy.ClearDateIssueStart()));
            Add("The end is missing.", "cc", Created(policy => policy.ClearDateIssueEnd()));
            Add("is not after the start", "cc", Created(policy => policy.DateIssueEnd = Start));
            Add("Start -9223372036854775808 µs is not in the years", "cc", Created(policy => policy.DateIssueStart = long.MinValue));
            Add("Vendor id 0 is not in", "cc", Created(policy => policy.VendorId = 0));
            Add("Coupon type 0 is not known.", "cc", Created(policy => policy.Type = 0));
            Add("Coupon type 99 is not known.", "cc", Created(policy => policy.Type = (CouponType)99));
            Add("The title is missing.", "ch", Changed(changed => changed.Title = ""));
            Add("Total quantity -1 is negative.", "ch", Changed(changed => changed.TotalQuantity = -1));
            Add("is not after the start", "ch", Changed(changed => changed.DateIssueEnd = Start - 1));
            Add("The time is missing.", "ch", Changed(changed => changed.ClearAt()));
            Add("User id 0 is not in", "cu", Used(used => used.UserId = 0));
            Add("Ticket 0 is not in", "cu", Used(used => used.Ticket = 0));
            Add("Order amount -1 is negative.", "cu", Used(used => used.OrderAmount = -1));
            Add("Discount amount -1 is negative.", "cu", Used(used => used.DiscountAmount = -1));
            Add("Vendor id -5 is not in", "cu", Used(used => used.VendorId = -5));
            Add("The time of use is missing.", "cu", Used(used => used.ClearDateUsed()));
            Add("The time of use is zero", "cu", Used(used => used.DateUsed = 0));
            Add("Order id 0 is not in", "cu", Used(used => (used.DateUsedByOrder, used.OrderId) = (Start, 0)));
            Add("The time of use is zero", "cu", Used(used => (used.DateUsedByOrder, used.OrderId) = (0, 9)));
            Add("User id 0 is not in", "cd", Held(held => held.UserId = 0));
            Add("Ticket 0 is not in", "cd", Held(held => held.Ticket = 0));
            Add("Order id 0 is not in", "cd", Held(held => held.OrderId = 0));
            Add("Order amount -1 is negative.", "cd", Held(held => held.OrderAmount = -1));
            Add("Discount amount -1 is negative.", "cd", Held(held => held.DiscountAmount = -1));
            Add("The time is missing.", "cd", Held(held => held.ClearAt()));
            Add("Ticket 0 is not in", "cl", new HoldReleased { OrderId = 9, At = Start });
            Add("Order id 0 is not in", "cl", new HoldReleased { Ticket = 1, At = Start });
            Add("The time is missing.", "cl", new HoldReleased { Ticket = 1, OrderId = 9 });
            Add("Order id 0 is not in", "cf", new HoldRefused { Reason = 1, At = Start });
            Add("Reason 0 is not known.", "cf", new HoldRefused { OrderId = 9, At = Start });
            Add("The time is missing.", "cf", new HoldRefused { OrderId = 9, Reason = 1 });
            return data;
        }
    }

    public static TheoryData<string, byte[]> ImpossibleSnapshots
    {
        get
        {
            var data = new TheoryData<string, byte[]>();
            void Add(string cause, Action<CouponSnapshot> damage)
            {
                var snapshot = new CouponSnapshot
                {
                    Policy = Policy(),
                    DateCreated = Start,
                    DateUpdated = Start,
                    UserIds = { 1, 2 },
                    DatesIssued = { Start, 1 },
                    DatesUsed = { 0, 1 },
                    IssuedQuantity = 2,
                };
                damage(snapshot);
                data.Add(cause, snapshot.ToByteArray());
            }

            Add("The policy is missing.", snapshot => snapshot.Policy = null);
            Add("The title is missing.", snapshot => snapshot.Policy.Title = "");
            Add("is not after the start", snapshot => snapshot.Policy.DateIssueEnd = Start);
            Add("The time of creation is missing.", snapshot => snapshot.ClearDateCreated());
            Add("The time of update is missing.", snapshot => snapshot.ClearDateUpdated());
            Add("The issued quantity is missing.", snapshot => snapshot.ClearIssuedQuantity());
            Add("The column of user ids has 2 entries instead of 3.", snapshot => snapshot.IssuedQuantity = 3);
            Add("The column of user ids has 3 entries instead of 2.", snapshot => snapshot.UserIds.Add(3));
            Add("The column of times of issue has 1 entries instead of 2.", snapshot => snapshot.DatesIssued.RemoveAt(1));
            Add("The column of times of use has 1 entries instead of 2.", snapshot => snapshot.DatesUsed.RemoveAt(1));
            Add("User id 0 is not in", snapshot => snapshot.UserIds[1] = 0);
            Add("User 1 holds a second unit.", snapshot => snapshot.UserIds[1] = 1);
            Add("2 are issued of 1.", snapshot => snapshot.Policy.TotalQuantity = 1);
            Add("Its checksum does not match.", snapshot => snapshot.Checksum = 1);
            Add("is not in the years", snapshot => snapshot.DatesIssued[1] = long.MaxValue);
            Add("The time of use is zero", snapshot => snapshot.DatesUsed[1] = -Start - 1);
            Add("The holds are missing, or nothing tells of them.", snapshot => snapshot.Holds.Add(new Hold { OrderId = 9, State = 1 }));
            Add("The holds are missing, or nothing tells of them.", snapshot => snapshot.Stopped = true);
            Add("The holds are missing, or nothing tells of them.", snapshot => HoldNothing(snapshot).Holds.Clear());
            Add("Order id 0 is not in", snapshot => HoldNothing(snapshot).Holds[0].OrderId = 0);
            Add("State 0 is not known.", snapshot => HoldNothing(snapshot).Holds[0].State = 0);
            Add("A hold's state 258 is not known.", snapshot => HoldNothing(snapshot).Holds[0].State = 258);
            Add("Ticket 0 is not in", snapshot => HoldNothing(snapshot).Holds[0].State = 2);
            Add("Order 9 holds nothing, and yet ticket 1.", snapshot => HoldNothing(snapshot).Holds[0].Ticket = 1);
            return data;
        }
    }

    public static TheoryData<string, string, byte[]> ImpossibleCommands
    {
        get
        {
            var data = new TheoryData<string, string, byte[]>();
            void Add(string cause, string manifest, IMessage message) => data.Add(cause, manifest, message.ToByteArray());

            Add("The policy is missing.", "dc", new CreateCoupon());
            Add("Coupon type 0 is not known.", "dc", new CreateCoupon { Policy = new CouponPolicy(Policy()) { Type = 0 } });
            Add("The changes are missing.", "dh", new ChangeCoupon());
            Add("The title is missing.", "dh", new ChangeCoupon { Changes = new() { Title = "" } });
            Add("Total quantity -1 is negative.", "dh", new ChangeCoupon { Changes = new() { TotalQuantity = new() { Quantity = -1 } } });
            Add("is not in the years", "dh", new ChangeCoupon { Changes = new() { DateIssueStart = long.MaxValue } });
            Add("is not in the years", "dh", new ChangeCoupon { Changes = new() { DateIssueEnd = long.MinValue } });
            Add("User id 0 is not in", "di", new IssueCoupon());
            Add("User id 0 is not in", "du", new UseCoupon { OrderAmount = 1 });
            Add("Order amount -1 is negative.", "du", new UseCoupon { UserId = 1, OrderAmount = -1 });
            Add("User id -1 is not in", "df", new FindIssue { UserId = -1 });
            Add("User id 0 is not in", "dk", new HoldUnit { OrderId = 9 });
            Add("Order id 0 is not in", "dk", new HoldUnit { UserId = 1 });
            Add("Order amount -1 is negative.", "dk", new HoldUnit { UserId = 1, OrderId = 9, OrderAmount = -1 });
            Add("Order id 0 is not in", "dl", new ReleaseUnit());
            Add("Order id 0 is not in", "dv", new UseHeldUnit());
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ImpossibleEvents))]
    public void An_event_that_can_not_be_is_refused_with_its_cause(string cause, string manifest, byte[] payload)
    {
        var refused = Assert.Throws<UnreadableMessageException>(() => CouponEventCodec.Decode(4711, 42, manifest, payload));

        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        AssertNames(refused, "Coupon 4711, number 42,", manifest);
    }

    [Theory]
    [MemberData(nameof(ImpossibleSnapshots))]
    public void A_snapshot_that_can_not_be_is_refused_with_its_cause(string cause, byte[] payload)
    {
        var refused = Assert.Throws<UnreadableMessageException>(() => CouponSnapshotCodec.Decode(4711, 42, payload));

        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        AssertNames(refused, "Coupon 4711, number 42,", "cs");
    }

    [Theory]
    [MemberData(nameof(ImpossibleCommands))]
    public void A_command_that_can_not_be_is_refused_with_its_cause(string cause, string manifest, byte[] payload)
    {
        var refused = Assert.Throws<UnreadableMessageException>(() => CouponCommandCodec.Decode(4711, manifest, payload));

        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        AssertNames(refused, "Coupon 4711,", manifest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("CI")]
    [InlineData("cs")]
    public void An_unknown_manifest_names_coupon_number_and_manifest(string manifest)
    {
        AssertNames(
            Assert.Throws<UnreadableMessageException>(() => CouponEventCodec.Decode(4711, 42, manifest, [])),
            "Coupon 4711, number 42,",
            manifest);
        AssertNames(
            Assert.Throws<UnreadableMessageException>(() => CouponCommandCodec.Decode(4711, manifest, [])), "Coupon 4711,", manifest);
    }

    [Theory]
    [InlineData("cc")]
    [InlineData("ch")]
    [InlineData("ci")]
    [InlineData("cu")]
    [InlineData("cp")]
    [InlineData("cr")]
    [InlineData("cd")]
    [InlineData("cl")]
    [InlineData("cf")]
    public void Damaged_bytes_name_coupon_and_number_and_keep_their_cause(string manifest)
    {
        var refused = Assert.Throws<UnreadableMessageException>(() => CouponEventCodec.Decode(4711, 42, manifest, [0xFF, 0xFF, 0xFF]));

        AssertNames(refused, "Coupon 4711, number 42,", manifest);
        Assert.IsType<InvalidProtocolBufferException>(refused.InnerException);
    }

    [Fact]
    public void A_period_that_ends_before_it_starts_can_be_asked_for_because_the_coupon_refuses_it()
    {
        var policy = new CouponPolicy(Policy()) { DateIssueEnd = Start - 1 };

        var command = CouponCommandCodec.Decode(4711, "dc", new CreateCoupon { Policy = policy }.ToByteArray());

        var reply = new Coupons.Coupon(4711).Decide(command, new Timestamp(Start)).Reply;
        Assert.Equal(new Coupons.Refused(Coupons.RefusalReason.InvalidPeriod), reply);
    }

    private static CouponPolicy Policy() => new()
    {
        Title = "Half a chicken",
        TotalQuantity = 100,
        DateIssueStart = Start,
        DateIssueEnd = Start + 1,
        Type = CouponType.FirstComeFirstServed,
    };

    private static CouponsIssued Issued(long firstTicket, long[] userIds, long[] datesIssued) =>
        new() { FirstTicket = firstTicket, UserIds = { userIds }, DatesIssued = { datesIssued } };

    private static CouponCreated Created(Action<CouponPolicy> damage)
    {
        var created = new CouponCreated { Policy = Policy(), At = Start };
        damage(created.Policy);
        return created;
    }

    private static CouponChanged Changed(Action<CouponChanged> damage)
    {
        var changed = new CouponChanged { Title = "Half a chicken", DateIssueStart = Start, DateIssueEnd = Start + 1, At = Start };
        damage(changed);
        return changed;
    }

    private static CouponUsed Used(Action<CouponUsed> damage)
    {
        var used = new CouponUsed { UserId = 1, Ticket = 1, DateUsed = Start };
        damage(used);
        return used;
    }

    private static CouponHeld Held(Action<CouponHeld> damage)
    {
        var held = new CouponHeld { UserId = 1, Ticket = 1, OrderId = 9, At = Start };
        damage(held);
        return held;
    }

    // An order that has asked, and was refused.
    private static CouponSnapshot HoldNothing(CouponSnapshot snapshot)
    {
        snapshot.IssuedWithHolds = snapshot.IssuedQuantity;
        snapshot.ClearIssuedQuantity();
        snapshot.Holds.Add(new Hold { OrderId = 9, State = 1 });
        return snapshot;
    }

    private static void AssertNames(UnreadableMessageException refused, string entity, string manifest)
    {
        Assert.StartsWith(entity, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"manifest '{manifest}'", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.InnerException);
    }
}
