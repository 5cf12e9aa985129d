using CouponAkka.Domain.Coupons;
using FsCheck;
using FsCheck.Fluent;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class CouponHoldersTests
{
    private const long HighestId = (1L << 53) - 1;

    // Block b ends after 16·(2^(b+1) − 1) holders.
    private static readonly int[] BlockEdges = [16, 48, 112, 240, 496, 1008, 2032, 4080];

    // From a few users, who meet again and again, and from all that can be.
    private static Arbitrary<(long UserId, bool Use)[]> AnySteps { get; } = Arb.Array(Arb.From(
        Gen.OneOf(
                Gen.Choose(1, 20).Select(id => (long)id),
                Gen.Choose(0, int.MaxValue).Two().Select(id => (((long)id.Item1 << 22) ^ id.Item2) % HighestId + 1))
            .Zip(Gen.Elements(false, false, true), (id, use) => (id, use))));

    [Fact]
    [Trait("Promise", "2")]
    public void Holders_are_what_a_dictionary_would_keep_and_frozen_ones_stay() => Properties.Hold(AnySteps, steps =>
    {
        var holders = new CouponHolders();
        var expected = new List<CouponHolder>();
        var tickets = new Dictionary<long, long>();
        var frozen = new List<(IEnumerable<CouponHolder> Holders, CouponHolder[] Expected)>();

        foreach (var ((userId, use), at) in steps.Select((step, i) => (step, Start.Plus(i))))
        {
            var ticket = holders.Find(userId);
            Assert.Equal(tickets.TryGetValue(userId, out var known) ? known : null, ticket);
            if (!use)
            {
                Assert.Equal(tickets.TryAdd(userId, expected.Count + 1), holders.TryAdd(userId, at));
                if (ticket is null)
                    expected.Add(new(userId, expected.Count + 1, at, null));
            }
            else if (ticket is { } held)
            {
                holders.Use(held, at);
                expected[(int)held - 1] = expected[(int)held - 1] with { DateUsed = at };
            }

            frozen.Add((holders.Freeze(), [.. expected]));
        }

        AssertSame(expected, holders);
        foreach (var (then, expectedThen) in frozen)
            Assert.Equal(expectedThen, then);
    });

    public static TheoryData<string, long, long> ManyIds => new()
    {
        { "one after the other", 1, 1 },
        { "down from the highest", HighestId, -1 },
        { "multiples of 2^8", 1 << 8, 1 << 8 },
        { "multiples of 2^16", 1 << 16, 1 << 16 },
        { "multiples of 2^20", 1 << 20, 1 << 20 },
        { "multiples of 2^32", 1L << 32, 1L << 32 },
        { "multiples of 2^40", 1L << 40, 1L << 40 },
        { "one above multiples of 2^31", 1, 1L << 31 },
        { "multiples of the golden ratio of 2^32", 2_654_435_769, 2_654_435_769 },
    };

    [Theory]
    [MemberData(nameof(ManyIds))]
    public void Ids_in_a_pattern_are_kept_across_every_edge_of_a_block(string pattern, long first, long stride)
    {
        var holders = new CouponHolders();
        var expected = new List<CouponHolder>();
        for (var i = 0; i <= BlockEdges[^1]; i++)
        {
            var (userId, at) = (first + i * stride, Start.Plus(i));
            Assert.True(holders.Find(userId) is null, $"User {userId} of {pattern} is found before added.");
            Assert.True(holders.TryAdd(userId, at));
            Assert.False(holders.TryAdd(userId, at.Plus(1)));
            expected.Add(new(userId, i + 1, at, null));
            if (BlockEdges.Any(edge => Math.Abs(i + 1 - edge) <= 1))
            {
                holders.Use(i + 1, at.Plus(2));
                expected[i] = expected[i] with { DateUsed = at.Plus(2) };
                AssertSame(expected, holders);
            }
        }
    }

    [Fact]
    public void An_enumeration_under_way_sees_nothing_of_what_comes_later()
    {
        var holders = new CouponHolders();
        for (var user = 1; user <= 40; user++)
            Assert.True(holders.TryAdd(user, Start.Plus(user)));
        holders.Use(39, Noon);
        var seen = new List<CouponHolder>();

        foreach (var holder in holders.Freeze())
        {
            seen.Add(holder);
            if (holder.Ticket < 39)
                holders.Use(holder.Ticket + 2, End);
            for (var more = 0; more < 10; more++)
                Assert.True(holders.TryAdd(1000 + holder.Ticket * 10 + more, End));
        }

        Assert.Equal(
            Enumerable.Range(1, 40).Select(user => new CouponHolder(user, user, Start.Plus(user), user == 39 ? Noon : null)),
            seen);
        Assert.Equal(440, holders.Count);
    }

    private static void AssertSame(List<CouponHolder> expected, CouponHolders holders)
    {
        Assert.Equal(expected.Count, holders.Count);
        Assert.Equal(expected, holders.Freeze());
        foreach (var holder in expected)
        {
            Assert.Equal(holder.Ticket, holders.Find(holder.UserId));
            Assert.Equal(
                holder,
                new(holders.UserId(holder.Ticket), holder.Ticket, holders.DateIssued(holder.Ticket), holders.DateUsed(holder.Ticket)));
        }
    }
}
