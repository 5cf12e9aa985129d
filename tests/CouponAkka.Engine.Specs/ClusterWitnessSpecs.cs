using System.Diagnostics;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// Three processes that are each edge and node, so that the one that was frozen or cut off can be asked what it believes of the coupons that it held.
/// </summary>
[Collection(Faults.Name)]
public sealed class ClusterWitnessSpecs(ClusterWitnessSpecs.Cluster shared, ITestOutputHelper report)
    : FaultSpecs(shared.Engine, report), IClassFixture<ClusterWitnessSpecs.Cluster>
{
    private const int Coupons = 16;
    private const int Units = 3;
    private const long Late = 99;

    // Longer than it takes the others to take it for dead, and its coupons to wake elsewhere.
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ServedElsewhereWithin = TimeSpan.FromSeconds(15);

    [Fact]
    [Trait("Promise", "18")]
    public Task A_holder_that_was_frozen_under_load_tells_nobody_what_is_not_true() => UnderLoadAsync("a freeze of a holder, which is asked", async load =>
    {
        var holder = await Engine.OwnerAsync(load.First.CouponId);
        var owned = await OwnedByAsync(load, holder);
        Engine.Reconnect(Engine.Edges.Where(edge => edge != holder));
        return new(
            owned,
            async () =>
            {
                await Engine.CommandAsync("freeze", holder);
                await Task.Delay(Freeze);
                using var witness = new CouponClient(Engine.AddressOf(holder));
                await Engine.CommandAsync("thaw", holder);
                ReportAnswers("the holder until it ended", await load.AskDirectlyAsync(witness, EndsWithin));
            },
            () => RestartAsync(holder));
    });

    [Fact]
    [Trait("Promise", "18")]
    public async Task A_holder_that_was_frozen_while_its_coupons_were_sold_out_does_not_tell_what_was_true_before()
    {
        var created = Policy.Open(Units);
        var coupons = new List<CouponUnderLoad>();
        for (var i = 0; i < Coupons; i++)
        {
            var coupon = new CouponUnderLoad(await CreateCouponAsync(created), CouponKind.SellsOut, created, i);
            for (var user = 1; user <= Units + 1; user++)
                await coupon.AskAsync(Client, new Question.Issue(user));
            coupons.Add(coupon);
        }

        var owners = new Dictionary<CouponUnderLoad, string>();
        foreach (var coupon in coupons)
            owners[coupon] = await Engine.OwnerAsync(coupon.CouponId);
        var holder = owners.Values.GroupBy(owner => owner).MaxBy(owner => owner.Count())!.Key;
        Engine.Reconnect(Engine.Edges.Where(edge => edge != holder));

        await Engine.CommandAsync("freeze", holder);
        // All that were to be told before it goes on is told: one more, and to whom.
        await Task.WhenAll(coupons.Select(async coupon =>
        {
            await UntilAsync(coupon, new Question.Change("raised", 10), told => told is Told.Changed);
            await UntilAsync(coupon, new Question.Issue(Late), told => told is Told.Issued or Told.Held);
        }));
        using var witness = new CouponClient(Engine.AddressOf(holder));
        await Engine.CommandAsync("thaw", holder);

        using var enough = new CancellationTokenSource(EndsWithin);
        var answers = (await Task.WhenAll(coupons.Where(coupon => owners[coupon] == holder).Select(coupon => AskWitnessAsync(coupon, witness, enough.Token)))).SelectMany(answer => answer).ToList();
        ReportAnswers("the holder until it ended", answers);
        var untrue = answers.Count(answer => answer.Told is Told.SoldOut or Told.NotHeld || (answer.Told is Told.Stands { Status: var status } && status.IssuedQuantity != Units + 1));
        Report.WriteLine($"UNTRUE: {untrue} of {answers.Count}, of {owners.Count(owner => owner.Value == holder)} coupons");
        await RestartAsync(holder);
        await Task.WhenAll(coupons.Select(coupon => coupon.SettleAsync(Client)));

        Assert.Equal(0, untrue);
        Assert.All(coupons, coupon => coupon.AssertLinearizable());
        foreach (var coupon in coupons)
            await Audit.EverythingAgreesAsync(Client, new Crowd(coupon.CouponId, [], coupon.History));

        Task UntilAsync(CouponUnderLoad coupon, Question question, Predicate<Told> told) =>
            Eventually.ReadAsync($"coupon {coupon.CouponId} answers {question}", () => coupon.AskAsync(Client, question), operation => told(operation.Told));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task The_coupons_of_a_node_that_alone_lost_the_database_are_served_elsewhere_within_15_seconds()
    {
        await using var load = await BeginAsync();
        var alone = await Engine.OwnerAsync(load.First.CouponId);
        var owned = await OwnedByAsync(load, alone);
        Engine.Reconnect(Engine.Edges.Where(edge => edge != alone));
        var served = TimeSpan.MaxValue;

        await load.DuringAsync(
            async () =>
            {
                Engine.LineOf(alone).Cut();
                var cut = Stopwatch.GetTimestamp();
                var deadline = ServedElsewhereWithin * 2;
                while (served == TimeSpan.MaxValue && Stopwatch.GetElapsedTime(cut) < deadline)
                {
                    var now = Stopwatch.GetTimestamp();
                    await Task.Delay(TimeSpan.FromMilliseconds(500));
                    if (owned.All(coupon => coupon.SignsOfLife(now, long.MaxValue).Count > 0))
                        served = Stopwatch.GetElapsedTime(cut);
                }
            },
            [.. load.Coupons.Except(owned)]);
        var impact = load.Report("one node alone without the database", owned);
        Report.WriteLine($"SERVED ELSEWHERE {(served == TimeSpan.MaxValue ? "not at all" : $"after {served.TotalSeconds:0.0} s")}");
        Engine.LineOf(alone).Mend();
        await RestartAsync(alone);
        await load.EndAsync();
        await load.AuditAsync();

        Assert.InRange(served, TimeSpan.Zero, ServedElsewhereWithin);
        Assert.InRange(impact.OthersSilence, TimeSpan.Zero, Margin);
        Assert.InRange(impact.ChangedSilence, TimeSpan.Zero, Margin + Lease);
    }

    private static async Task<List<Operation>> AskWitnessAsync(CouponUnderLoad coupon, CouponClient witness, CancellationToken enough)
    {
        Question[] questions = [new Question.Issue(Late), new Question.Find(Late), new Question.Status()];
        var heard = new List<Operation>();
        for (var next = 0; !enough.IsCancellationRequested; next++)
        {
            var answer = await coupon.AskAsync(witness, questions[next % questions.Length], enough);
            if (!answer.Connected)
                break;
            heard.Add(answer);
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }

        return heard;
    }

    // It may have ended by itself, for the others took it for dead.
    private async Task RestartAsync(string member)
    {
        await Engine.CommandAsync("restart", member);
        Engine.Reconnect(Engine.Edges);
    }

    public sealed class Cluster() : Watchful(new ClusterEngine { FirstWhole = 3, HasLines = true });
}
