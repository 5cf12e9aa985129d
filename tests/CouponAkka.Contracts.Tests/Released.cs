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
            ["find"] = (new FindIssue(300), "df", "08AC02"),
            ["status"] = (GetStatus.Instance, "ds", ""),
            ["get"] = (GetCoupon.Instance, "dg", ""),
        };

    public static TheoryData<string> Names => [.. Messages.Keys];

    private static Timestamp At(long microseconds) => new(Start.UnixMicroseconds + microseconds);
}
