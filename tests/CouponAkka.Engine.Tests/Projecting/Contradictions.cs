using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Engine.Tests.Projecting;

/// <summary>
/// What no coupon can have decided, as the next event after <see cref="Before"/>. Whichever engine meets one of them parks the coupon, and nothing
/// of the event is in its read model.
/// </summary>
internal static class Contradictions
{
    private static readonly Timestamp At = new(1_700_000_000_123_456);

    // Each of them by name, so that each is a test of its own.
    private static readonly Dictionary<string, Contradiction> All = new()
    {
        ["created a second time"] = new(Created(), "is created a second time"),
        ["issued with a ticket that is taken"] = new(Issued(3, 104), "is issued with ticket 3 after ticket 3"),
        ["issued with a hole in the tickets"] = new(Issued(5, 105), "is issued with ticket 5 after ticket 3"),
        ["issued beyond the total"] = new(Issued(4, 104, 105, 106, 107, 108, 109, 110, 111), "is issued beyond its total of 10"),
        ["issued to who holds a unit"] = new(Issued(4, 104, 102), null),
        ["issued twice to one user"] = new(Issued(4, 104, 104), null),
        ["used with a ticket that nobody has"] = new(Used(104, 4), "is used by user 104, who does not hold ticket 4"),
        ["used by who holds none"] = new(Used(104, 3), null),
        ["used with another's ticket"] = new(Used(102, 3), null),
        ["used a second time"] = new(Used(101, 1), null),
        ["changed to a total below what is issued"] = new(Changed(total: 2), "is changed to a total of 2 with 3 issued"),
        ["changed to a title that is too long"] = new(Changed(title: new string('x', 256)), "has a title of 256 characters"),
        ["resumed without having been stopped"] = new(new IssuingResumed(At), "is resumed without having been stopped"),
    };

    public static TheoryData<string> Names => new(All.Keys);

    /// <summary>Ten units, three of them issued and the first of those used.</summary>
    public static CouponEvent[] Before => [Created(), Issued(1, 101, 102, 103), Used(101, 1)];

    /// <summary>Fits <see cref="Before"/>, so that a transaction has something to keep.</summary>
    public static CouponEvent Sound => Used(103, 3);

    /// <summary>Would fit, were the event before it one that is.</summary>
    public static CouponEvent After => new IssuingStopped(At);

    public static Contradiction Of(string name) => All[name];

    public static CouponCreated Created(string title = "Spring") =>
        new(new CouponPolicy(title, 10, 1_000, 20_000, At, At.Plus(TimeSpan.FromDays(1)), VendorId: 3), At);

    public static CouponChanged Changed(string title = "Summer", long? total = 10) =>
        new(title, total, At, At.Plus(TimeSpan.FromDays(2)), At.Plus(TimeSpan.FromSeconds(5)));

    /// <summary>Units issued to these users, from this ticket on.</summary>
    public static CouponsIssued Issued(long firstTicket, params long[] userIds) =>
        new([.. userIds.Select((userId, i) => new CouponIssued(userId, firstTicket + i, At.Plus(TimeSpan.FromSeconds(firstTicket + i))))]);

    public static CouponUsed Used(long userId, long ticket) => new(userId, ticket, 20_000, 1_000, 3, At.Plus(TimeSpan.FromMinutes(ticket)));
}

/// <param name="SaidByTheFold">Null where only the tables know it: who holds a unit already, which one, and whether it is used.</param>
internal sealed record Contradiction(CouponEvent Event, string? SaidByTheFold);
