using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Contracts.Tests;

/// <summary>What crosses the wire between processes that may be of different releases.</summary>
public sealed class CouponMessageCodecTests
{
    private const long CouponId = 4711;

    private static readonly CouponIssue Unit = new(CouponId, 300, 4, new Timestamp(1_700_000_000_000_000));

    private static readonly CouponView Coupon = new(
        CouponId,
        new CouponPolicy("A", 5, 1, 2, new Timestamp(1), new Timestamp(2)),
        3,
        new Timestamp(4),
        new Timestamp(5),
        Stopped: true);

    /// <summary>Each message with its bytes as released. This list only grows.</summary>
    private static readonly (object Message, string Hex)[] Released =
    [
        (
            new CouponRequest(CouponId, 9, [new IssueCoupon(300), new UseCoupon(300, 5), new IssueCoupon(301)]),
            "08E7241205AC0200AD021A0B0A0264751205080510AC022009"),
        (
            new CouponRequest(CouponId, 9, [new IssueCoupon(300)], ["a", "bc"]),
            "08E7241202AC0220097A01617A026263"),
        (
            new CouponAnswers(CouponId, 9, [new Issued(Unit with { UserId = 0 }), new Refused(RefusalReason.SoldOut), new Refused(RefusalReason.DuplicatedIssue, Unit)], true),
            "08E72412030005641A010822088080F281838985062A1432120804120E08AC021004188080F9C0C1C4820330013809"),
        (
            new CouponAnswers(CouponId, 9, [new CouponFound(Coupon), new Refused(RefusalReason.CouponChanged, Coupon: Coupon with { Stopped = false })]),
            "08E724120264642A1B3A190A0F0A014110051801200228013002400110031804200530012A1D321B080E1A170A0F0A01411005180120022801300240011003180420053809"),
        (
            new CouponRequest(CouponId, 9, [new HoldUnit(300, 9, 25_000), new ReleaseUnit(9), new UseHeldUnit(9)]),
            "08E72412030000001A0F0A02646B120908A8C30110AC0218091A080A02646C120208091A080A026476120208092009"),
        (
            new CouponAnswers(
                CouponId, 9, [HoldHeard.Instance, new Issued(Unit with { HeldBy = 9 }), new Refused(RefusalReason.CouponHeld, Unit with { HeldBy = 9 })]),
            "08E72412036464642A0242002A12121008AC021004188080F9C0C1C4820328092A163214080F121008AC021004188080F9C0C1C4820328093809"),
        (
            new CouponRequests([new CouponRequest(CouponId, 9, [new IssueCoupon(300)]), new CouponRequest(4712, 10, [GetStatus.Instance])], 3),
            "0A0908E7241202AC0220090A0E08E8241201001A040A026473200A1003"),
        (
            new CouponReplies([new AnswersFrom("akka.tcp://a@b:1", [new CouponAnswers(CouponId, 9, [new Refused(RefusalReason.SoldOut)])])], 3),
            "0A1C0A0808E72412010538091210616B6B612E7463703A2F2F6140623A311003"),
        (
            new Arrived(3),
            "0803"),
        (
            new FollowCoupon(CouponId, 9, 12, 65_536),
            "08E724100C1880800420012809"),
        (
            new FollowedCoupon(CouponId, 9),
            "08E7242009"),
        (
            new CouponLease(CouponId, 9, [new NumberedEvent(13, null), new NumberedEvent(14, new CouponUsed(300, 4, null, 1, null, new Timestamp(1)))], TimeSpan.FromSeconds(1)),
            "08E724121E0A060A027766180D0A110A026375120908AC02100420013001180E10E8072009"),
        (
            new CouponSnapshotPart(CouponId, 9, 12, 2, 6, new byte[] { 1, 2, 3 }),
            "08E7241A0B080C1002180622030102032009"),
    ];

    public static TheoryData<int> Messages => [.. Enumerable.Range(0, Released.Length)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_released_message_encodes_to_the_bytes_it_was_released_with(int message) =>
        Assert.Equal(Released[message].Hex, Convert.ToHexString(Encode(Released[message].Message)));

    [Theory]
    [MemberData(nameof(Messages))]
    public void Released_bytes_decode_to_what_encodes_to_them(int message)
    {
        var payload = Convert.FromHexString(Released[message].Hex);

        Assert.Equal(payload, Encode(Decode(Released[message].Message, payload)));
    }

    [Fact]
    public void Answers_with_and_of_holds_come_back_as_they_were()
    {
        var held = Unit with { HeldBy = 9 };
        CouponReply[] replies = [HoldHeard.Instance, new Issued(held), new IssueFound(held), new Refused(RefusalReason.CouponHeld, held)];

        Assert.Equal(replies, CouponMessageCodec.DecodeAnswers(CouponMessageCodec.Encode(new CouponAnswers(CouponId, 9, [.. replies]))).Replies);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Bytes_cut_short_at_any_place_are_refused(int message)
    {
        var payload = Convert.FromHexString(Released[message].Hex);
        // Traces come last, and nothing is lost with them.
        if (Released[message].Message is CouponRequest { TraceParents.Count: > 0 } traced)
            payload = Encode(traced with { TraceParents = [] });

        for (var length = 0; length < payload.Length; length++)
            Assert.Throws<UnreadableMessageException>(() => Decode(Released[message].Message, payload[..length]));
    }

    [Fact]
    public void Any_commands_come_back_in_their_order() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(
            Generate.Commands.ListOf().ToArbitrary(),
            commands => Assert.Equal(commands, CouponMessageCodec.DecodeRequest(CouponMessageCodec.Encode(new CouponRequest(CouponId, 9, [.. commands]))).Commands)));

    [Fact]
    public void Whom_a_unit_was_issued_to_stands_in_the_request()
    {
        var answers = CouponMessageCodec.DecodeAnswers(CouponMessageCodec.Encode(new CouponAnswers(CouponId, 9, [new Issued(Unit)])));

        Assert.Equal(new Issued(Unit), CouponMessageCodec.CompleteFrom(new IssueCoupon(300), answers.Replies[0]));
    }

    [Fact]
    public void Damaged_bytes_are_a_message_or_are_refused() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(10_000),
        Prop.ForAll(
            (from message in Gen.Elements(Released)
             let payload = Convert.FromHexString(message.Hex)
             from place in Gen.Choose(0, payload.Length - 1)
             from value in Gen.Choose(0, 255)
             select (message.Message, payload, place, (byte)value)).ToArbitrary(),
            damaged =>
            {
                var payload = (byte[])damaged.payload.Clone();
                payload[damaged.place] = damaged.Item4;
                try
                {
                    Decode(damaged.Message, payload);
                }
                catch (UnreadableMessageException)
                {
                    // That is the other thing that may happen.
                }
            }));

    private static byte[] Encode(object message) => message switch
    {
        CouponRequest request => CouponMessageCodec.Encode(request),
        CouponAnswers answers => CouponMessageCodec.Encode(answers),
        FollowCoupon follow => CouponMessageCodec.Encode(follow),
        CouponRequests requests => CouponMessageCodec.Encode(requests),
        CouponReplies replies => CouponMessageCodec.Encode(replies),
        Arrived arrived => CouponMessageCodec.Encode(arrived),
        _ => CouponMessageCodec.Encode((FollowedCoupon)message),
    };

    private static object Decode(object kind, byte[] payload) => kind switch
    {
        CouponRequest => CouponMessageCodec.DecodeRequest(payload),
        CouponAnswers => CouponMessageCodec.DecodeAnswers(payload),
        FollowCoupon => CouponMessageCodec.DecodeFollow(payload),
        CouponRequests => CouponMessageCodec.DecodeRequests(payload),
        CouponReplies => CouponMessageCodec.DecodeReplies(payload),
        Arrived => CouponMessageCodec.DecodeArrived(payload),
        _ => CouponMessageCodec.DecodeFollowed(payload),
    };
}
