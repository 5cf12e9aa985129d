using System.Diagnostics;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// What people notice when the database dies under load and its replica is promoted: nothing that was told is lost, or those coupons tell nothing
/// more. Each has a cluster of its own, for there is no way back.
/// </summary>
[Collection(Faults.Name)]
[Trait("Length", "long")]
public sealed class DatabaseFailoverSpecs(ITestOutputHelper report)
    : FaultSpecs(new ClusterEngine { FirstNodes = 2, FirstEdges = 1, HasLines = true }, report)
{
    private const int Quiet = 4;
    private const int Units = 3;

    public override Task InitializeAsync()
    {
        Engine.Environment.Clear();
        return Engine.StartAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_promoted_replica_for_which_each_commit_waited_lacks_nothing_of_what_was_told()
    {
        using var replica = await DatabaseReplica.FollowAsync("mariadb", Engine.ConnectionString, semiSync: true);
        var impact = await UnderLoadAsync(
            "a fail-over, semi-synchronous", load => Task.FromResult(new Fault(load.Coupons, () => FailOverAsync(replica), Nothing)));

        // Writes fail as soon as the old server is dead, so nobody waits for a time-out; coupons wake again, and wait out the lease of the writer before.
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, WriteTimeout + Margin);
        await LoggedAsync("holds all events that this node has seen durable");
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "8")]
    public async Task Of_what_a_promoted_replica_lacks_nobody_is_told_as_if_it_had_never_been()
    {
        using var replica = await DatabaseReplica.FollowAsync("mariadb", Engine.ConnectionString, semiSync: false);
        var quiet = await CreateQuietAsync();
        await using var load = await BeginAsync();
        await replica.StopListeningAsync();
        var stopped = Stopwatch.GetTimestamp();
        foreach (var coupon in load.Coupons)
        {
            await Eventually.ReadAsync(
                $"coupon {coupon.CouponId} has told what the replica lacks",
                () => Task.FromResult(coupon.Asked.Any(
                    operation => operation.Started > stopped && operation.Told is Told.Issued or Told.Changed or Told.Used)),
                told => told);
        }

        var dead = await FailOverAsync(replica);

        await LoggedAsync("The database is another server now");
        await LoggedAsync("acknowledged events of");
        // Whose last event the replica has, go on; and so do those who come new.
        await Task.WhenAll(quiet.Select(async coupon =>
        {
            await Eventually.ReadAsync(
                $"coupon {coupon.CouponId} goes on",
                () => coupon.AskAsync(Client, new Question.Issue(Units + 1)),
                operation => operation.Told is Told.Issued or Told.Held);
            await coupon.SettleAsync(Client);
        }));
        await CreateCouponAsync(Unlimited);
        await Task.Delay(WriteTimeout);
        await load.EndAsync();

        var told = load.Coupons.SelectMany(coupon => coupon.Asked).Where(operation => operation.Started > dead).ToList();
        ReportAnswers("coupons that lack what they told", told);
        // What needs no write, the writer and the copies of edges may answer from memory for a second after the old server's last proof; then nobody
        // tells anything.
        var proved = dead + (long)(Lease.TotalSeconds * Stopwatch.Frequency);
        Assert.DoesNotContain(told, operation => operation.Told is Told.Issued or Told.Used || (operation.Told.Decides && operation.Started > proved));
        Assert.All(load.Coupons.Concat(quiet), coupon => coupon.AssertLinearizable());
        foreach (var coupon in quiet)
            await Audit.EverythingAgreesAsync(Client, new Crowd(coupon.CouponId, [], coupon.History));
    }

    /// <returns>When the old server was dead, as <see cref="Stopwatch.GetTimestamp"/> counts.</returns>
    private async Task<long> FailOverAsync(DatabaseReplica replica)
    {
        await Engine.CommandAsync("kill", "db");
        var dead = Stopwatch.GetTimestamp();
        await replica.PromoteAsync();
        Engine.FailOverTo(replica);
        Report.WriteLine(FormattableString.Invariant($"PROMOTED after {Stopwatch.GetElapsedTime(dead).TotalSeconds:0.0} s"));
        return dead;
    }

    /// <summary>Some of which nothing is told that a replica does not have that stops listening later.</summary>
    private async Task<IReadOnlyList<CouponUnderLoad>> CreateQuietAsync()
    {
        var created = Policy.Open(Units + 1);
        var coupons = new List<CouponUnderLoad>();
        for (var i = 0; i < Quiet; i++)
        {
            var coupon = new CouponUnderLoad(await CreateCouponAsync(created), CouponKind.SellsOut, created, i);
            for (var user = 1; user <= Units; user++)
                Assert.IsType<Told.Issued>((await coupon.AskAsync(Client, new Question.Issue(user))).Told);
            coupons.Add(coupon);
        }

        return coupons;
    }

    private async Task LoggedAsync(string what) =>
        await Eventually.ReadAsync($"a node logs '{what}'", () => Task.FromResult(Engine.Output.Contains(what, StringComparison.Ordinal)), logged => logged);
}
