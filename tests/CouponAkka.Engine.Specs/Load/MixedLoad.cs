using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>
/// Sixteen coupons that are asked everything that can be asked, each by people of its own, while something happens to the engine; so that one
/// coupon that is held up leaves those of the others alone.
/// </summary>
/// <param name="client">How to speak to the engine now.</param>
public sealed class MixedLoad(IReadOnlyList<CouponUnderLoad> coupons, Func<CouponClient> client, ITestOutputHelper report) : IAsyncDisposable
{
    private const int Count = 16;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _enough = new();
    private Task _asking = Task.CompletedTask;
    private (long Since, long Until) _before;
    private (long Since, long Until) _during;

    public IReadOnlyList<CouponUnderLoad> Coupons => coupons;

    /// <summary>One that never sells out, to be hit.</summary>
    public CouponUnderLoad First => coupons[0];

    public IReadOnlyList<CouponUnderLoad> Others => [.. coupons.Skip(1)];

    /// <summary>The sixteen, and asks them long enough to know how fast they are.</summary>
    public static async Task<MixedLoad> BeginAsync(Func<Policy, Task<long>> create, Func<CouponClient> client, ITestOutputHelper report)
    {
        var seed = Random.Shared.Next();
        report.WriteLine($"SEED {seed}");
        var coupons = new List<CouponUnderLoad>();
        for (var i = 0; i < Count; i++)
        {
            var kind = (i % 8) switch { 3 or 7 => CouponKind.SellsOut, 5 => CouponKind.Changes, _ => CouponKind.Unlimited };
            var policy = Policy.Open(kind == CouponKind.SellsOut ? 40 : null);
            coupons.Add(new(await create(policy), kind, policy, seed + i));
        }

        var load = new MixedLoad(coupons, client, report);
        load._asking = Task.WhenAll(coupons.SelectMany(coupon => Enumerable.Range(0, CouponUnderLoad.Clients)
            .Select(_ => coupon.AskUntilAsync(client, load._enough.Token))
            .Append(coupon.AdministerUntilAsync(client, load._enough.Token))));
        try
        {
            await load.AllAnswerAsync();
            await Task.Delay(WarmUp);
            var since = Stopwatch.GetTimestamp();
            await Task.Delay(Before);
            load._before = (since, Stopwatch.GetTimestamp());
            return load;
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets something happen, and waits until the coupons answer again that must.</summary>
    /// <param name="until">All if left out.</param>
    public async Task DuringAsync(Func<Task> happens, IReadOnlyList<CouponUnderLoad>? until = null)
    {
        _during = (Stopwatch.GetTimestamp(), 0);
        await happens();
        await AllAnswerAsync(until);
        _during.Until = Stopwatch.GetTimestamp();
    }

    /// <summary>Waits until each has shown life since now, several times.</summary>
    public async Task AllAnswerAsync(IReadOnlyList<CouponUnderLoad>? which = null)
    {
        var since = Stopwatch.GetTimestamp();
        foreach (var coupon in which ?? coupons)
        {
            await Eventually.ReadAsync(
                $"coupon {coupon.CouponId} answers",
                () => Task.FromResult(coupon.SignsOfLife(since, long.MaxValue).Count),
                signs => signs >= 5);
        }
    }

    /// <summary>
    /// Asks one process, whatever the others say, until nobody answers there any more, or for <paramref name="atMost"/>: each coupon the same things
    /// that the people ask.
    /// </summary>
    /// <returns>What it answered.</returns>
    public async Task<IReadOnlyList<Operation>> AskDirectlyAsync(CouponClient direct, TimeSpan atMost)
    {
        using var enough = new CancellationTokenSource(atMost);
        var answers = await Task.WhenAll(coupons.Select(AskOneAsync));
        return [.. answers.SelectMany(answer => answer).Where(operation => operation.Connected)];

        async Task<List<Operation>> AskOneAsync(CouponUnderLoad coupon)
        {
            var heard = new List<Operation>();
            do
            {
                heard.Add(await coupon.AskAsideAsync(direct, coupon.NextQuestion(), enough.Token));
                await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
            }
            while (!enough.IsCancellationRequested && heard[^1].Connected);
            return heard;
        }
    }

    /// <summary>Says for how long nobody was answered, of the coupons that were hit and of the others, and how fast those were.</summary>
    public Impact Report(string fault, IReadOnlyList<CouponUnderLoad> hit)
    {
        var others = coupons.Except(hit).ToList();
        var impact = new Impact(
            Longest(hit, changed: false),
            Longest(others, changed: false),
            Longest(others, changed: true),
            others.Count == 0 ? 1 : Rate(others, _during) / Rate(others, _before),
            others.Sum(coupon => coupon.Unknowns(_during.Since, _during.Until)),
            others.Count);
        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            IMPACT of {fault}, {Stopwatch.GetElapsedTime(_during.Since, _during.Until).TotalSeconds:0.0} s: {hit.Count} hit: longest silence {impact.HitSilence.TotalSeconds:0.00} s, of those that are changed {Longest(hit, changed: true).TotalSeconds:0.00} s, {Rate(hit, _before):0}/s before, {Rate(hit, _during):0}/s, {hit.Sum(coupon => coupon.Unknowns(_during.Since, _during.Until))} unknown; {others.Count} others: longest silence {impact.OthersSilence.TotalSeconds:0.00} s, of those that are changed {impact.ChangedSilence.TotalSeconds:0.00} s (before {others.Select(coupon => coupon.LongestSilence(_before.Since, _before.Until)).DefaultIfEmpty().Max().TotalSeconds:0.00} s), {Rate(others, _before):0}/s before, {Rate(others, _during):0}/s = {impact.OthersRate:0%}, {impact.OthersUnknown} unknown
            """));
        return impact;

        TimeSpan Longest(IEnumerable<CouponUnderLoad> which, bool changed) => which.Where(coupon => coupon.Kind != CouponKind.Unlimited == changed).Select(coupon => coupon.LongestSilence(_during.Since, _during.Until)).DefaultIfEmpty().Max();

        static double Rate(IEnumerable<CouponUnderLoad> which, (long Since, long Until) window) => which.Sum(coupon => coupon.Rate(window.Since, window.Until));
    }

    /// <summary>Nobody comes any more.</summary>
    public async Task EndAsync()
    {
        await _enough.CancelAsync();
        await _asking;
    }

    /// <summary>
    /// Those who were left without an answer ask again; then all that was told must have been told by one coupon each, and agree with what the
    /// entity holds and the read model shows.
    /// </summary>
    /// <param name="except">The coupon that is broken for good.</param>
    public async Task AuditAsync(CouponUnderLoad? except = null)
    {
        var settler = client();
        var sound = coupons.Where(coupon => coupon != except).ToList();
        await Task.WhenAll(sound.Select(coupon => coupon.SettleAsync(settler)));
        var judging = Stopwatch.StartNew();
        sound.ForEach(coupon => coupon.AssertLinearizable());
        report.WriteLine($"JUDGED {sound.Sum(coupon => coupon.Asked.Count)} operations in {judging.ElapsedMilliseconds} ms");
        foreach (var coupon in sound)
            await Audit.EverythingAgreesAsync(settler, new Crowd(coupon.CouponId, [], coupon.History));
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _enough.Dispose();
    }
}

/// <summary>What a fault did to people.</summary>
/// <param name="HitSilence">The longest time without an answer of a coupon that was hit and that nobody changes.</param>
/// <param name="OthersSilence">That of the others that nobody changes.</param>
/// <param name="ChangedSilence">That of the others that somebody changes: while a change of a closed coupon waits for the leases of edges, for a second
/// at most and with any fault or none, who asks it waits behind that (ADR 9).</param>
/// <param name="OthersRate">Of the rate before.</param>
/// <param name="Others">How many others there are.</param>
public sealed record Impact(TimeSpan HitSilence, TimeSpan OthersSilence, TimeSpan ChangedSilence, double OthersRate, int OthersUnknown, int Others);
