using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts.Tests;

/// <summary>
/// Every message ever released with its bytes. This list only grows: bytes like these stand in somebody's journal, so a
/// change that breaks one of them is wrong, not the bytes.
/// </summary>
internal static class Released
{
    private static readonly Timestamp Start = new(1_700_000_000_000_000);
    private static readonly Timestamp End = new(1_700_086_400_000_000);

    private static readonly CouponPolicy Policy = new("치킨 50%", 500, 3_000, 10_000, Start, End, VendorId: 77);
    private static readonly CouponPolicy Unlimited = new("Free coffee", null, 0, 0, Start, End);

    private static readonly CouponHold[] Holds =
    [
        new(9, HoldState.Held, 1, 25_000, 3_000),
        new(10, HoldState.Refused),
        new((1L << 53) - 1, HoldState.Released),
        new(11, HoldState.Used),
    ];

    public static readonly IReadOnlyDictionary<string, (object Message, string Manifest, string Hex)> Messages =
        new Dictionary<string, (object, string, string)>
        {
            ["created"] = (
                new CouponCreated(Policy, At(1)),
                "cc",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001108180F9C0C1C48203"),
            ["created, unlimited and of no vendor"] = (
                new CouponCreated(Unlimited, At(1)),
                "cc",
                "0A210A0B4672656520636F66666565288080F9C0C1C482033080C0D6AF83C782034001108180F9C0C1C48203"),
            ["changed"] = (
                new CouponChanged("Half a chicken", 800, Start, End, At(2)),
                "ch",
                "0A0E48616C66206120636869636B656E10A006188080F9C0C1C482032080C0D6AF83C78203288280F9C0C1C48203"),
            ["changed to unlimited"] = (
                new CouponChanged("Half a chicken", null, Start, End, At(2)),
                "ch",
                "0A0E48616C66206120636869636B656E188080F9C0C1C482032080C0D6AF83C78203288280F9C0C1C48203"),
            ["stopped"] = (new IssuingStopped(At(2)), "cp", "088280F9C0C1C48203"),
            ["resumed"] = (new IssuingResumed(At(3)), "cr", "088380F9C0C1C48203"),
            ["issued to one"] = (
                new CouponsIssued([new(9_999_999, 1, At(3))]),
                "ci",
                "08011204FFACE2041A088680F28183898506"),
            ["issued to a group, with a clock set back"] = (
                new CouponsIssued([new(1, 2, At(4)), new((1L << 53) - 1, 3, At(4)), new(300, 4, At(400_000)), new(301, 5, At(0))]),
                "ci",
                "0802120D01FFFFFFFFFFFFFF0FAC02AD021A0F8880F2818389850600F8E930FFE930"),
            ["used"] = (
                new CouponUsed(300, 4, 25_000, 3_000, 77, At(5)),
                "cu",
                "08AC02100418A8C30120B817284D308580F9C0C1C48203"),
            ["used for an unknown order, of no vendor"] = (
                new CouponUsed(300, 4, null, 0, null, At(5)),
                "cu",
                "08AC021004308580F9C0C1C48203"),
            ["used for an order of nothing"] = (
                new CouponUsed(300, 4, 0, 0, null, At(5)),
                "cu",
                "08AC0210041800308580F9C0C1C48203"),
            ["used for an order that held it"] = (
                new CouponUsed(300, 4, 25_000, 3_000, 77, At(5), OrderId: 9),
                "cu",
                "08AC02100418A8C30120B817284D3809408580F9C0C1C48203"),
            ["held"] = (new CouponHeld(300, 4, 9, 25_000, 3_000, At(5)), "cd", "08AC021004180920A8C30128B817308580F9C0C1C48203"),
            ["held for an order of nothing"] = (new CouponHeld(300, 4, 9, 0, 0, At(5)), "cd", "08AC0210041809308580F9C0C1C48203"),
            ["released"] = (new HoldReleased(4, 9, At(6)), "cl", "08041009188680F9C0C1C48203"),
            ["not held"] = (new HoldRefused(9, RefusalReason.OrderTooSmall, At(5)), "cf", "0809100A188580F9C0C1C48203"),
            ["snapshot"] = (
                new CouponSnapshot(
                    new CouponView(Codec.CouponId, Policy, 4, At(1), At(2)),
                    [new(1, 1, At(4), null), new(2, 2, At(4), At(4)), new(3, 3, At(5), At(4)), new(4, 4, At(1), At(90_000_000))]),
                "cs",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001108180F9C0C1C48203188280F9C0C1C482032204010203042A0B8880F28183898506000207320700020180AAEA553804"),
            ["snapshot, none used"] = (
                new CouponSnapshot(
                    new CouponView(Codec.CouponId, Unlimited, 2, At(1), At(1)), [new(500, 1, At(4), null), new(1, 2, At(4), null)]),
                "cs",
                "0A210A0B4672656520636F66666565288080F9C0C1C482033080C0D6AF83C782034001108180F9C0C1C48203188180F9C0C1C482032203F403012A098880F28183898506003802"),
            ["snapshot, none issued"] = (
                new CouponSnapshot(new CouponView(Codec.CouponId, Policy, 0, At(1), At(1)), []),
                "cs",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001108180F9C0C1C48203188180F9C0C1C482033800"),
            ["snapshot, stopped"] = (
                new CouponSnapshot(new CouponView(Codec.CouponId, Policy, 0, At(1), At(2), Stopped: true), []),
                "cs",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001108180F9C0C1C48203188280F9C0C1C482034000"),
            ["snapshot with holds"] = (
                Holding(new CouponView(Codec.CouponId, Policy, 2, At(1), At(2)), new(300, 1, At(4), null), new(301, 2, At(4), At(5))),
                "cs",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001108180F9C0C1C48203188280F9C0C1C482032204AC02AD022A098880F2818389850600320200044A0D0809100118A8C30120B81728024A04080A28014A0B08FFFFFFFFFFFFFF0F28034A04080B28045802"),
            ["snapshot with holds, stopped"] = (
                Holding(new CouponView(Codec.CouponId, Policy, 1, At(1), At(2), Stopped: true), new CouponHolder(300, 1, At(4), null)),
                "cs",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001108180F9C0C1C48203188280F9C0C1C482032202AC022A088880F281838985064A0D0809100118A8C30120B81728024A04080A28014A0B08FFFFFFFFFFFFFF0F28034A04080B280450015801"),
            ["create"] = (
                new CreateCoupon(Policy),
                "dc",
                "0A2B0A0AECB998ED82A82035302510F40318B81720904E288080F9C0C1C482033080C0D6AF83C78203384D4001"),
            ["create, unlimited and of no vendor"] = (
                new CreateCoupon(Unlimited),
                "dc",
                "0A210A0B4672656520636F66666565288080F9C0C1C482033080C0D6AF83C782034001"),
            ["change everything"] = (
                new ChangeCoupon("Half a chicken", new NewTotal(0), Start, End),
                "dh",
                "0A260A0E48616C66206120636869636B656E12020800188080F9C0C1C482032080C0D6AF83C78203"),
            ["change to unlimited"] = (new ChangeCoupon(TotalQuantity: new NewTotal(null)), "dh", "0A021200"),
            ["change nothing"] = (new ChangeCoupon(), "dh", "0A00"),
            ["change what was last updated then"] = (new ChangeCoupon("A", IfUpdatedAt: At(2)), "dh", "0A0C0A0141288280F9C0C1C48203"),
            ["stop"] = (StopIssuing.Instance, "dp", ""),
            ["resume"] = (ResumeIssuing.Instance, "dr", ""),
            ["issue"] = (new IssueCoupon(9_999_999), "di", "08FFACE204"),
            ["use"] = (new UseCoupon(300, 25_000), "du", "08A8C30110AC02"),
            ["use for an unknown order"] = (new UseCoupon(300), "du", "10AC02"),
            ["hold"] = (new HoldUnit(300, 9, 25_000), "dk", "08A8C30110AC021809"),
            ["hold for an order of nothing"] = (new HoldUnit(300, 9, 0), "dk", "10AC021809"),
            ["release"] = (new ReleaseUnit(9), "dl", "0809"),
            ["use what is held"] = (new UseHeldUnit(9), "dv", "0809"),
            ["find"] = (new FindIssue(300), "df", "08AC02"),
            ["status"] = (GetStatus.Instance, "ds", ""),
            ["get"] = (GetCoupon.Instance, "dg", ""),
        };

    public static TheoryData<string> Names => [.. Messages.Keys];

    private static CouponSnapshot Holding(CouponView coupon, params CouponHolder[] holders) => new(coupon, holders) { Holds = Holds };

    private static Timestamp At(long microseconds) => new(Start.UnixMicroseconds + microseconds);
}
