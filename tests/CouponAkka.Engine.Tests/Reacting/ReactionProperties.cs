using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Tests.Counters;
using static CouponAkka.Engine.Tests.Reacting.ReactionWorld;

namespace CouponAkka.Engine.Tests.Reacting;

/// <summary>
/// Whatever happens, and whenever the process ends, each event takes effect exactly once at a receiver that keeps watermarks, in its source's order.
/// </summary>
public sealed class ReactionProperties
{
    private const int Sources = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Every_ask_arrives_in_order_of_its_source_however_often_the_process_ends(int seed)
    {
        var random = new Random(seed);
        await using var world = new ReactionWorld();
        var faults = new Random(seed + 1_000);
        world.Fault = (of, command) => FaultOf(faults, of, command);
        var expected = new List<(EntityKey Of, Command Command)>();
        for (var life = 0; life < 6; life++)
        {
            world.Start();
            for (var batch = random.Next(1, 6); batch > 0; batch--)
            {
                Happen(world, random, expected);
                if (random.Next(2) == 0)
                    await Task.Delay(random.Next(8));
            }

            // Sometimes the store fails, and the run begins anew by itself.
            if (random.Next(3) == 0)
                world.BeforeSave = () => throw new IOException("The store fails.");
            await Task.Delay(random.Next(40));
            world.BeforeSave = () => { };
            if (random.Next(3) == 0)
                await world.StopAsync();
            else
                await world.KillAsync();
        }

        world.Fault = (_, _) => null;
        world.Start();
        await world.AnsweredAsync([.. expected]);
        await world.HoldsAsync(() => world.Status.Trouble is null);

        var taken = new Watermarks();
        var effects = new List<Cause>();
        foreach (var (_, command) in world.AnswersOf())
        {
            if (command is not CountUse { Cause: var cause } || taken.Has(cause))
                continue;
            taken.Take(cause);
            effects.Add(cause);
        }

        Assert.Equal(
            expected.Select(ask => ((CountUse)ask.Command).Cause).OrderBy(cause => cause.Id).ThenBy(cause => cause.Number),
            effects.OrderBy(cause => cause.Id).ThenBy(cause => cause.Number));
    }

    // The counters of some vendors are away now and then, and one for long, so that its sources are stalled.
    private static CounterReply? FaultOf(Random faults, EntityKey of, Command command)
    {
        lock (faults)
        {
            if (command is CountUse { Cause.Id: 1 })
                return CounterReply.Unavailable;
            return faults.Next(of.Id == 3 ? 3 : 10) == 0 ? CounterReply.OutcomeUnknown : null;
        }
    }

    // Some events of some sources, some of which ask nothing; some are announced late, twice, in another order or only by a later one.
    private static void Happen(ReactionWorld world, Random random, List<(EntityKey Of, Command Command)> expected)
    {
        var written = new List<(EntityKey Key, long Number)>();
        for (var count = random.Next(1, 12); count > 0; count--)
        {
            var couponId = random.Next(1, Sources + 1);
            // One receiver a source: what a receiver takes of a source it takes in order.
            var vendorId = 3 + (couponId % 2);
            var asks = random.Next(4) > 0;
            var number = world.Write(Coupon(couponId), asks ? Used(count, vendorId) : new IssuingStopped(new Timestamp(1)));
            if (asks)
                expected.Add(Told(couponId, number.Number, vendorId));
            written.Add(number);
        }

        var last = written.GroupBy(number => number.Key).Select(numbers => numbers.Last()).ToHashSet();
        var announced = written.Where(number => last.Contains(number) || random.Next(5) > 0).ToList();
        if (random.Next(3) == 0)
            announced.AddRange(announced.Where(_ => random.Next(2) == 0).ToList());
        if (random.Next(3) == 0)
            announced = [.. announced.OrderBy(_ => random.Next())];
        world.Announce([.. announced]);
    }
}
