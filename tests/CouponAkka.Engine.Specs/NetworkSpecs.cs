using System.Diagnostics;
using System.Globalization;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What is cut off from what.</summary>
public enum Cut
{
    ANodeFromTheNodes,
    ANodeFromAll,
    ANodeFromTheDatabase,
    WhatANodeSendsToTheOthers,
    WhatTheOthersSendToANode,
    AnEdgeFromTheNodes,
    AnEdgeFromANode,
    TheNetworkIntoHalvesWithAnEdgeEach,
    TheLinkBetweenTwoNodes,
    ANodeFromTheNodesEverySecondAgain,
}

/// <summary>
/// What the cluster promises when links between its members are cut under load, and mended: nobody ends who was not cut off, and all come back without a hand.
/// What ends by itself is started again, as Kubernetes does.
/// </summary>
[Collection(Faults.Name)]
[Trait("Needs", "NetworkNamespaces")]
public sealed class NetworkSpecs(NetworkSpecs.Cluster shared, ITestOutputHelper report)
    : FaultSpecs(shared.Engine, report), IClassFixture<NetworkSpecs.Cluster>
{
    private const string Database = "db";
    private const int RandomCuts = 8;

    // Longer than it takes to agree on who is dead, and coupons to wake elsewhere.
    private const int Seconds = 15;

    private static readonly TimeSpan Flap = TimeSpan.FromSeconds(1);

    // The worst is a node that alone has lost the database: it ends after 7 s, and the database ends the transaction that it had open after 10 s.
    private static readonly TimeSpan AnsweredWithin = TimeSpan.FromSeconds(22) + Margin;

    // On a busy machine a node may leave an edge without an answer for a second, though nothing is cut. Then the edge gives up what is on its way there
    // (ADR 20): of each coupon what its people and its administrator ask, once. Else nobody but those of the nodes that are hit is ever left in doubt.
    private static readonly int UnknownOfEach = IsQuiet ? 0 : CouponUnderLoad.Clients + 1;

    private static readonly TimeSpan WholeWithin = TimeSpan.FromSeconds(30) * (IsQuiet ? 1 : 2);

    public static TheoryData<Cut, int> EachCut
    {
        get
        {
            var data = new TheoryData<Cut, int>();
            foreach (var cut in Enum.GetValues<Cut>())
            {
                // Before anybody is taken for dead, in the middle of it, and long after.
                foreach (var seconds in (int[])[2, 7, 30])
                    data.Add(cut, seconds);
            }

            return data;
        }
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "18")]
    [Trait("Promise", "19")]
    public Task A_node_is_cut_off_from_the_nodes() => CutUnderLoadAsync(Cut.ANodeFromTheNodes, Seconds);

    [Fact]
    [Trait("Promise", "7")]
    [Trait("Promise", "18")]
    [Trait("Promise", "19")]
    public Task An_edge_is_cut_off_from_the_nodes() => CutUnderLoadAsync(Cut.AnEdgeFromTheNodes, Seconds);

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "19")]
    public Task The_link_between_two_nodes_is_cut() => CutUnderLoadAsync(Cut.TheLinkBetweenTwoNodes, Seconds);

    // Longer than anybody may be silent: who is asked by that edge lives there.
    [Fact]
    [Trait("Promise", "19")]
    public Task An_edge_that_is_cut_off_from_a_node_asks_its_coupons_by_another() => CutUnderLoadAsync(Cut.AnEdgeFromANode, 30);

    [Theory]
    [Trait("Promise", "3")]
    [Trait("Length", "long")]
    [MemberData(nameof(EachCut))]
    public Task Each_cut_of_each_length(Cut cut, int seconds) => CutUnderLoadAsync(cut, seconds);

    /// <summary>With <c>SEED=n</c> the same cuts once more.</summary>
    [Fact]
    [Trait("Promise", "3")]
    [Trait("Length", "long")]
    public async Task Links_are_cut_at_random_one_after_the_other()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        Report.WriteLine($"CUTS of SEED={seed}");
        var random = new Random(seed);
        await using var load = await BeginAsync();
        var wrong = new List<string>();
        for (var i = 0; i < RandomCuts; i++)
            wrong.AddRange(await CutAsync(load, random.GetItems(Enum.GetValues<Cut>(), 1)[0], TimeSpan.FromSeconds(random.Next(2, 31)), random));
        await load.EndAsync();
        await load.AuditAsync();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private async Task CutUnderLoadAsync(Cut cut, int seconds)
    {
        await using var load = await BeginAsync();
        var wrong = await CutAsync(load, cut, TimeSpan.FromSeconds(seconds), Random.Shared);
        await load.EndAsync();
        await load.AuditAsync();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>Cuts for so long, mends, and leaves the cluster whole, if need be by a start of all.</summary>
    /// <returns>What went wrong, except for what the audit will find.</returns>
    private async Task<IReadOnlyList<string>> CutAsync(MixedLoad load, Cut cut, TimeSpan length, Random random)
    {
        var node = await Engine.OwnerAsync(load.First.CouponId);
        var plan = PlanOf(cut, node, random);
        var name = string.Create(CultureInfo.InvariantCulture, $"{cut} for {length.TotalSeconds} s ({string.Join(", ", plan.MayEnd)})");
        var before = await HomesAsync(load);
        var processes = Engine.ProcessIds();
        var ends = Engine.Ends().Count;
        var wrong = new List<string>();
        // The others are asked for what they owe; what this one tells those who still ask it, is judged with all else.
        Engine.Reconnect(plan.Asked ?? Engine.Edges.Where(edge => edge != plan.CutOffEdge));

        await load.DuringAsync(async () =>
        {
            var told = plan.CutOffEdge is { } edge ? AskAsync(load, edge, length) : Task.CompletedTask;
            await HoldAsync(cut, plan, length);
            await Engine.MendAsync();
            var mended = Stopwatch.GetTimestamp();
            await told;
            var flaw = await FlawAsync(mended);
            var passed = Stopwatch.GetElapsedTime(mended).TotalSeconds;
            Report.WriteLine(string.Create(CultureInfo.InvariantCulture, $"WHOLE AGAIN after {name}: {flaw ?? "yes"}, {passed:0.0} s"));

            var ended = Engine.Ends().Skip(ends).ToList();
            ended.ForEach(line => Report.WriteLine($"ENDED {line}"));
            var now = Engine.ProcessIds();
            var other = processes.Where(process => now.GetValueOrDefault(process.Key) != process.Value).Select(process => process.Key);
            var strayed = ended.Select(line => line.Split(' ')[1]).Union(other).Except(plan.MayEnd).Order().ToList();
            if (strayed.Count > 0)
                wrong.Add($"{name}: {string.Join(", ", strayed)} ended too");
            if (flaw is not null)
            {
                wrong.Add($"{name}: {WholeWithin.TotalSeconds} s after it was mended, {flaw}");
                await Engine.StopAsync();
                await Task.WhenAll(Engine.Nodes.Concat(Engine.Edges).Select(member => Engine.CommandAsync("restart", member)));
            }
        });
        Engine.Reconnect(Engine.Edges);
        var after = await HomesAsync(load);
        var impact = load.Report(name, [.. load.Coupons.Where(coupon => plan.Hit.Contains(before[coupon].Node) || after[coupon].HasMovedFrom(before[coupon]))]);
        var silence = new[] { impact.HitSilence, impact.OthersSilence, impact.ChangedSilence }.Max();
        if (silence > AnsweredWithin)
            wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: a coupon was silent for {silence.TotalSeconds:0.0} s"));
        wrong.AddRange(WhatOthersNoticed(impact).Select(noticed => $"{name}: {noticed}"));
        return wrong;
    }

    // Promise 10. A cut is no more to them than any second without one: they have their nodes, the edges have theirs, and the database is one row
    // further. Their rate is not held: what ends is started again on the same cores.
    private static IEnumerable<string> WhatOthersNoticed(Impact impact)
    {
        if (impact.OthersSilence > Margin)
            yield return string.Create(
                CultureInfo.InvariantCulture, $"a coupon whose node was not hit was silent for {impact.OthersSilence.TotalSeconds:0.0} s");
        // While a change waits for the leases of edges, who asks waits behind it, with any cut or none.
        if (impact.ChangedSilence > Margin + Lease)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"a coupon that is changed, and whose node was not hit, was silent for {impact.ChangedSilence.TotalSeconds:0.0} s");
        if (impact.OthersUnknown > UnknownOfEach * impact.Others)
            yield return $"{impact.OthersUnknown} who asked for {impact.Others} coupons whose nodes were not hit were left in doubt";
    }

    private async Task<IReadOnlyDictionary<CouponUnderLoad, Home>> HomesAsync(MixedLoad load)
    {
        await using var database = await Engine.ConnectAsync();
        var homes = new Dictionary<CouponUnderLoad, Home>();
        foreach (var coupon in load.Coupons)
        {
            var handedOver = await ReadAsync<int>(
                database, $"SELECT COUNT(*) FROM journal WHERE persistence_id = 'coupon-{coupon.CouponId}' AND manifest = 'wf' AND message = x'01'");
            homes.Add(coupon, new(await Engine.OwnerAsync(coupon.CouponId), handedOver));
        }

        return homes;
    }

    private Plan PlanOf(Cut cut, string node, Random random)
    {
        var others = Engine.Nodes.Where(other => other != node).ToArray();
        var edges = Engine.Edges.ToArray();
        random.Shuffle(others);
        random.Shuffle(edges);
        return cut switch
        {
            Cut.ANodeFromTheNodes or Cut.ANodeFromTheNodesEverySecondAgain => new([node], null, () => Engine.CutAsync([node], others)),
            Cut.ANodeFromAll => new([node], null, () => Engine.CutAsync([node], [.. others, .. edges, Database])),
            Cut.ANodeFromTheDatabase => new([node], null, () => Engine.CutAsync([node], [Database])),
            Cut.WhatANodeSendsToTheOthers => new([node], null, () => Engine.CutOneWayAsync([node], [.. others, .. edges])),
            Cut.WhatTheOthersSendToANode => new([node], null, () => Engine.CutOneWayAsync([.. others, .. edges], [node])),
            Cut.AnEdgeFromTheNodes => new([], edges[0], () => Engine.CutAsync([edges[0]], Engine.Nodes)),
            Cut.AnEdgeFromANode => new([], null, () => Engine.CutAsync([edges[0]], [node]), [edges[0]]) { Hit = [node] },
            Cut.TheNetworkIntoHalvesWithAnEdgeEach => new([node], edges[0], () => Engine.CutAsync([node, edges[0]], [.. others, .. edges[1..]])),
            Cut.TheLinkBetweenTwoNodes => new([node, others[0]], null, () => Engine.CutAsync([node], [others[0]])),
            _ => throw new ArgumentOutOfRangeException(nameof(cut), cut, null),
        };
    }

    private async Task HoldAsync(Cut cut, Plan plan, TimeSpan length)
    {
        var began = Stopwatch.GetTimestamp();
        await plan.CutAsync();
        while (cut == Cut.ANodeFromTheNodesEverySecondAgain && Stopwatch.GetElapsedTime(began) < length)
        {
            await Task.Delay(Flap);
            await Engine.MendAsync();
            await Task.Delay(Flap);
            await plan.CutAsync();
        }

        var left = length - Stopwatch.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
            await Task.Delay(left);
    }

    private async Task AskAsync(MixedLoad load, string edge, TimeSpan length)
    {
        using var direct = new CouponClient(Engine.AddressOf(edge));
        ReportAnswers($"{edge} while it was cut off", await load.AskDirectlyAsync(direct, length));
    }

    // What is still not as it should be when the time has passed.
    private async Task<string?> FlawAsync(long mended)
    {
        while (await Engine.FlawAsync() is { } flaw)
        {
            if (Stopwatch.GetElapsedTime(mended) > WholeWithin)
                return flaw;
            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }

        return null;
    }

    /// <param name="MayEnd">Who may end of it.</param>
    /// <param name="CutOffEdge">The edge that can't be expected to know anything.</param>
    /// <param name="Asked">The edges that are asked, if not all others.</param>
    private sealed record Plan(IReadOnlyList<string> MayEnd, string? CutOffEdge, Func<Task> CutAsync, IReadOnlyList<string>? Asked = null)
    {
        /// <summary>The nodes whose coupons it may hold up.</summary>
        public IReadOnlyList<string> Hit { get; init; } = MayEnd;
    }

    /// <param name="HandedOver">How often it has been handed over, as its journal says.</param>
    private sealed record Home(string Node, int HandedOver)
    {
        /// <summary>
        /// To a node that has come back some shards move every ten seconds, and elsewhere if it ends again. Who only fell where they were have not moved.
        /// </summary>
        public bool HasMovedFrom(Home before) => this != before;
    }

    public sealed class Cluster() : Watchful(new ClusterEngine { Hosts = true });
}
