using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// What an engine promises about orders, stock, held units and payment when its processes are killed with SIGKILL while people order: a shop with too little
/// of some things, and a payment provider that is not friendly.
/// </summary>
public abstract class OrderSpecs<TEngine>(ITestOutputHelper report) : OwnEngineSpecs<TEngine>(report), IDisposable
    where TEngine : IEngine, new()
{
    private const int VendorId = 7;
    private const int Products = 6;
    private const int Coupons = 4;
    private const long NoCoupon = 999_999;
    private const int AtOnce = 32;
    private const int Hits = 4;

    // A tenth of the discount, which no order is too small for.
    private const long Payout = 100;

    // SPEC_ORDERS=100000 for more.
    private static readonly int Orders =
        int.TryParse(Environment.GetEnvironmentVariable("SPEC_ORDERS"), CultureInfo.InvariantCulture, out var orders) ? orders : 5_000;

    private static readonly int People = Orders / 10;

    private readonly PaymentProvider _provider = new();
    private readonly int _seed = Random.Shared.Next();
    private readonly long[] _coupons = new long[Coupons];

    [Fact]
    [Trait("Promise", "12")]
    [Trait("Promise", "13")]
    [Trait("Promise", "14")]
    [Trait("Promise", "15")]
    public async Task Every_order_ends_once_and_all_books_balance_whoever_is_killed()
    {
        Report.WriteLine($"Seed {_seed}");
        await OpenShopAsync();
        var wanted = Wanted();

        var placed = await PlaceAllAsync(wanted);
        Assert.Equal(Orders, placed.Select(order => order.OrderId).Distinct().Count());
        var ended = new ConcurrentBag<OrderView>();
        await Audit.InParallelAsync(placed, async order => ended.Add(await EndOfAsync(order.OrderId)));

        foreach (var reason in ended.GroupBy(order => order.Reason ?? order.State).OrderBy(reasons => reasons.Key))
            Report.WriteLine($"{reason.Key}: {reason.Count()}");
        Assert.Superset(
            new HashSet<string?> { null, "OUT_OF_STOCK", "COUPON_NOT_HELD", "COUPON_ALREADY_USED", "PAYMENT_DECLINED", "TIMED_OUT" },
            ended.Select(order => order.Reason).ToHashSet());
        await PaymentsBalanceAsync(ended);
        await StockBalancesAsync(ended);
        var payouts = await CouponsBalanceAsync(ended);
        await ListsAreTheSameAfterARebuildAsync(ended, payouts);
    }

    public void Dispose()
    {
        _provider.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override void Prepare()
    {
        Engine.Environment["Payments__Url"] = _provider.Address.GetLeftPart(UriPartial.Authority);
        Engine.Environment["Payments__TimeoutSeconds"] = "3";
        Engine.Environment["Orders__TimeOutSeconds"] = "20";
        Engine.Environment["Orders__AskPaymentAgainSeconds"] = "1";
        Engine.Environment["Shipping__PreparationSeconds"] = "0.2";
    }

    /// <summary>The fault of this time, from 1; ended when it returns.</summary>
    protected virtual async Task HitAsync(int time)
    {
        await Engine.KillAsync();
        await Engine.StartAsync();
    }

    private async Task OpenShopAsync()
    {
        await Client.NameVendorAsync(VendorId, "Cafe");
        for (var product = 1; product <= Products; product++)
            await Client.PutProductAsync(product, new NewProduct($"Product {product}", 1_000 * product, StockOf(product)));
        for (var i = 0; i < Coupons; i++)
        {
            _coupons[i] = await CreateCouponAsync(Policy.Open(totalQuantity: null) with { VendorId = VendorId, MinAvailableAmount = 0 });
            // Only every other user holds the last one.
            await new Crowd(_coupons[i], Users(People).Where(user => i < Coupons - 1 || user % 2 == 0)).AskAsync(Client, Many);
        }
    }

    // Of the first ones there is too little.
    private static long StockOf(int product) => product <= 2 ? Orders / Products : 3 * Orders;

    private List<NewOrder> Wanted()
    {
        var random = new Random(_seed);
        return
        [
            .. Enumerable.Range(0, Orders).Select(_ => new NewOrder(
                random.Next(1, People + 1), random.Next(1, Products + 1), random.Next(1, 4), random.Next(20) switch
                {
                    < 10 => null,
                    < 19 => _coupons[random.Next(Coupons)],
                    _ => NoCoupon,
                })),
        ];
    }

    private async Task<IReadOnlyList<OrderView>> PlaceAllAsync(List<NewOrder> wanted)
    {
        var placed = new OrderView[wanted.Count];
        var (next, done) = (0, 0);
        using var hit = new SemaphoreSlim(0);
        var hits = HitAllAsync();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(PlaceAsync)));
        await hits;
        return placed;

        async Task PlaceAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next) - 1) < wanted.Count;)
            {
                placed[i] = (await Eventually.ReadAsync(
                    $"order {i} is placed", () => TryAsync(() => Client.TryPlaceAsync($"{_seed} {i}", wanted[i])), order => order is not null))!;
                // Some use their unit by hand, whatever orders may do with it.
                if (i % 50 == 0 && wanted[i].CouponId is { } couponId and not NoCoupon)
                    await TryAsync(async () => (object)await Client.TryUseAsync(couponId, wanted[i].UserId));
                if (Interlocked.Increment(ref done) % (wanted.Count / (Hits + 1)) == 0)
                    hit.Release();
            }
        }

        async Task HitAllAsync()
        {
            for (var time = 1; time <= Hits; time++)
            {
                await hit.WaitAsync();
                await HitAsync(time);
            }
        }
    }

    private Task<OrderView> EndOfAsync(long orderId) => Eventually.ReadAsync(
        $"order {orderId} has ended", () => Client.OrderAsync(orderId), order => order.HasEnded);

    // Null where nobody answers, for whoever is asked may be killed.
    private static async Task<T?> TryAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task PaymentsBalanceAsync(IReadOnlyCollection<OrderView> ended)
    {
        foreach (var order in ended)
        {
            var charged = await Eventually.ReadAsync(
                $"what was taken for {order} is given back",
                () => Task.FromResult(_provider.Of(order.OrderId)),
                charged => order.IsShipped || charged.Kept == 0);
            Assert.True(charged.Taken <= 1, $"Promise 14: {order} was charged {charged.Taken} times.");
            Assert.True(!order.IsShipped || order.Paid == 0 || charged is { Taken: 1, Kept: 1 }, $"Promise 14: {order} is shipped: {charged}");
            var mayBeCharged = order.Was("STOCK_RESERVED") && (order.CouponId is null || order.Was("COUPON_HELD"));
            Assert.True(mayBeCharged || charged.Asked == 0, $"Promise 14: {order} was charged before stock and coupon were held.");
        }
    }

    private async Task StockBalancesAsync(IReadOnlyCollection<OrderView> ended)
    {
        for (var productId = 1; productId <= Products; productId++)
        {
            var sold = ended.Where(order => order.ProductId == productId && order.IsShipped).Sum(order => order.Quantity);
            var product = await Eventually.ReadAsync(
                $"nothing of product {productId} is reserved", () => Client.ProductAsync(productId), product => product.Reserved == 0);
            Assert.Equal((StockOf(productId), sold), (product.Available + product.Sold, product.Sold));
        }
    }

    private async Task<IReadOnlyList<Payout>> CouponsBalanceAsync(IReadOnlyCollection<OrderView> ended)
    {
        var payouts = await Eventually.ReadAsync(
            "each use by an order is paid",
            () => Client.PayoutsAsync(VendorId),
            payouts => ended.Where(order => order is { IsShipped: true, CouponId: not null }).Select(order => order.OrderId)
                .Except(payouts.Select(payout => payout.OrderId ?? 0)).ToList() is []);
        var shipped = ended.Where(order => order is { IsShipped: true, CouponId: not null }).ToList();
        Assert.Equal(
            shipped.Select(order => (order.OrderId, order.CouponId!.Value, order.UserId)).Order(),
            payouts.Where(payout => payout.OrderId is not null).Select(payout => (payout.OrderId!.Value, payout.CouponId, payout.UserId)).Order());
        Assert.Distinct(payouts.Select(payout => (payout.CouponId, payout.UserId)));
        Assert.All(payouts, payout => Assert.Equal(Payout, payout.Amount));
        var vendor = await Client.VendorAsync(VendorId);
        Assert.Equal((payouts.Count, payouts.Count * Payout), (vendor.CouponsUsed, vendor.Balance));

        var used = payouts.Select(payout => (payout.CouponId, payout.UserId)).ToHashSet();
        foreach (var couponId in _coupons)
        {
            foreach (var issue in await Client.ListIssuesAsync(couponId))
                Assert.True(issue.DateUsed is not null == used.Contains((couponId, issue.UserId)), $"Promise 15: {issue} and its payout contradict.");
        }

        await Audit.InParallelAsync(
            ended.Where(order => order is { State: "CANCELED", CouponId: not null and not NoCoupon }),
            async order => await Eventually.ReadAsync(
                $"{order} holds no unit", () => Client.FindIssueAsync(order.CouponId!.Value, order.UserId), issue => issue?.HeldBy != order.OrderId));
        return payouts;
    }

    private async Task ListsAreTheSameAfterARebuildAsync(IReadOnlyCollection<OrderView> ended, IReadOnlyList<Payout> payouts)
    {
        var some = ended.GroupBy(order => order.UserId).Take(20).ToList();
        foreach (var orders in some)
            Assert.Equal(orders.Select(order => order.OrderId).Order(), (await OrdersOfAsync(orders.Key)).Order());
        var before = await ListsAsync();

        Assert.Equal(0, await Engine.StopAsync());
        Engine.DiscardReadModel();
        await Engine.StartAsync();

        await Eventually.ReadAsync("lists are as before", ListsAsync, lists => lists.SequenceEqual(before));
        Assert.Equal(payouts, await Client.PayoutsAsync(VendorId));

        async Task<IReadOnlyList<string>> ListsAsync()
        {
            var lists = new List<string>(await Client.ReadPagesAsync("/products?limit=4"));
            foreach (var orders in some)
                lists.AddRange(await Client.ReadPagesAsync($"/users/{orders.Key}/orders?limit=7"));
            return lists;
        }

        async Task<List<long>> OrdersOfAsync(long userId) =>
        [
            .. from page in await Client.ReadPagesAsync($"/users/{userId}/orders?limit=200")
               let list = JsonDocument.Parse(page[page.IndexOf('{', StringComparison.Ordinal)..]).RootElement
               from order in list.GetProperty("items").EnumerateArray()
               select order.GetProperty("orderId").GetInt64(),
        ];
    }
}
