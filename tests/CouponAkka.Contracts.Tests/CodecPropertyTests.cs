using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Contracts.Tests;

public sealed class CodecPropertyTests
{
    private static readonly object[] Examples = [.. Released.Messages.Values.Select(released => released.Message)];

    [Fact]
    public void What_is_decoded_is_what_was_encoded() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2_000),
            Prop.ForAll(
                Generate.Messages.ToArbitrary(),
                message => Codec.AssertSame(message, Codec.Decode(message, Codec.Encode(message)))));

    [Fact]
    public void A_snapshot_with_a_checksum_of_which_one_bit_has_changed_is_refused_or_is_the_same() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000),
            Prop.ForAll(
                (from snapshot in Generate.Snapshots
                 let payload = CouponSnapshotCodec.EncodeWithChecksum(snapshot)
                 from place in Gen.Choose(0, payload.Length - 1)
                 from bit in Gen.Choose(0, 7)
                 select (snapshot, Mutated(payload, place, (byte)(payload[place] ^ (1 << bit))))).ToArbitrary(),
                changed =>
                {
                    var (snapshot, payload) = changed;
                    try
                    {
                        // The checksum's own tag may have become that of a field which is passed over.
                        Codec.AssertSame(snapshot, Codec.Decode(snapshot, payload));
                    }
                    catch (UnreadableMessageException)
                    {
                    }
                }));

    [Fact]
    public void A_message_with_one_byte_changed_is_one_that_can_be_or_is_refused() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(10_000),
            Prop.ForAll(
                (from message in Gen.OneOf(Gen.Elements(Examples), Generate.Messages)
                 let payload = Codec.Encode(message)
                 where payload.Length > 0
                 from place in Gen.Choose(0, payload.Length - 1)
                 from value in Gen.Choose(0, 255)
                 select (message, Mutated(payload, place, (byte)value))).ToArbitrary(),
                damaged => AssertPossibleOrRefused(damaged.message, damaged.Item2)));

    [Fact]
    public void Random_bytes_are_a_message_that_can_be_or_are_refused() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(10_000),
            Prop.ForAll(
                (from kind in Gen.Elements(Examples)
                 from payload in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
                 select (kind, payload)).ToArbitrary(),
                random => AssertPossibleOrRefused(random.kind, random.payload)));

    private static byte[] Mutated(byte[] payload, int place, byte value)
    {
        var mutated = (byte[])payload.Clone();
        mutated[place] = value;
        return mutated;
    }

    private static void AssertPossibleOrRefused(object kind, byte[] payload)
    {
        object decoded;
        try
        {
            decoded = Codec.Decode(kind, payload);
        }
        catch (UnreadableMessageException)
        {
            return;
        }

        Assert.True(IsPossible(decoded), $"{Convert.ToHexString(payload)} decodes to {decoded}, which can't be.");
    }

    private static bool IsPossible(object message) => message switch
    {
        CouponCreated created => IsPossible(created.Policy) && HasPeriod(created.Policy) && IsTime(created.At),
        CouponChanged changed => changed.Title != "" && !(changed.TotalQuantity < 0) && changed.DateIssueStart < changed.DateIssueEnd
            && IsTime(changed.DateIssueStart) && IsTime(changed.DateIssueEnd) && IsTime(changed.At),
        CouponsIssued issued => issued.Issues.Length > 0
            && issued.Issues.All(issue => IsId(issue.Ticket) && IsId(issue.UserId) && IsTime(issue.DateIssued))
            && issued.Issues.Index().All(i => i.Item.Ticket == issued.Issues[0].Ticket + i.Index),
        CouponUsed used => IsId(used.UserId) && IsId(used.Ticket) && !(used.OrderAmount < 0) && used.DiscountAmount >= 0
            && IsId(used.VendorId ?? 1) && IsTime(used.DateUsed) && used.DateUsed != default && IsId(used.OrderId ?? 1),
        CouponHeld held => IsId(held.UserId) && IsId(held.Ticket) && IsId(held.OrderId)
            && held.OrderAmount >= 0 && held.DiscountAmount >= 0 && IsTime(held.At),
        HoldReleased released => IsId(released.Ticket) && IsId(released.OrderId) && IsTime(released.At),
        HoldRefused refused => IsId(refused.OrderId) && Enum.IsDefined(refused.Reason) && IsTime(refused.At),
        CreateCoupon create => IsPossible(create.Policy),
        ChangeCoupon change => change.Title != "" && !(change.TotalQuantity?.Quantity < 0)
            && IsTime(change.DateIssueStart ?? default) && IsTime(change.DateIssueEnd ?? default) && IsTime(change.IfUpdatedAt ?? default),
        IssuingStopped stopped => IsTime(stopped.At),
        IssuingResumed resumed => IsTime(resumed.At),
        IssueCoupon issue => IsId(issue.UserId),
        UseCoupon use => IsId(use.UserId) && !(use.OrderAmount < 0),
        HoldUnit hold => IsId(hold.UserId) && IsId(hold.OrderId) && hold.OrderAmount >= 0,
        ReleaseUnit release => IsId(release.OrderId),
        UseHeldUnit use => IsId(use.OrderId),
        FindIssue find => IsId(find.UserId),
        GetStatus or GetCoupon or StopIssuing or ResumeIssuing => true,
        CouponSnapshot { Coupon: var coupon } snapshot => IsPossible(coupon.Policy) && HasPeriod(coupon.Policy)
            && coupon.CouponId == Codec.CouponId && IsTime(coupon.DateCreated) && IsTime(coupon.DateUpdated)
            && coupon.IssuedQuantity == snapshot.Holders.Count() && !(coupon.IssuedQuantity > coupon.Policy.TotalQuantity)
            && snapshot.Holders.DistinctBy(holder => holder.UserId).Count() == coupon.IssuedQuantity
            && snapshot.Holders.Index().All(i => i.Item.Ticket == i.Index + 1 && IsId(i.Item.UserId) && IsTime(i.Item.DateIssued)
                && (i.Item.DateUsed is not { } used || (IsTime(used) && used != default)))
            && snapshot.Holds.All(hold => IsId(hold.OrderId)
                && (hold.State == HoldState.Held
                    ? IsId(hold.Ticket) && hold.OrderAmount >= 0 && hold.DiscountAmount >= 0
                    : Enum.IsDefined(hold.State) && (hold.Ticket, hold.OrderAmount, hold.DiscountAmount) == default)),
        _ => false,
    };

    private static bool IsPossible(CouponPolicy policy) =>
        policy.Title != "" && !(policy.TotalQuantity < 0) && policy.DiscountAmount >= 0 && policy.MinAvailableAmount >= 0
        && IsTime(policy.DateIssueStart) && IsTime(policy.DateIssueEnd) && IsId(policy.VendorId ?? 1)
        && policy.Type == CouponType.FirstComeFirstServed;

    private static bool HasPeriod(CouponPolicy policy) => policy.DateIssueStart < policy.DateIssueEnd;

    private static bool IsId(long id) => id is > 0 and < 1L << 53;

    private static bool IsTime(Timestamp time)
    {
        try
        {
            time.ToDateTimeOffset();
            return true;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            return false;
        }
    }
}
