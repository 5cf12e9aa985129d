using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an engine promises about vendors when its processes are killed with SIGKILL while units are used.</summary>
public abstract class VendorSpecs<TEngine>(ITestOutputHelper report) : OwnEngineSpecs<TEngine>(report)
    where TEngine : IEngine, new()
{
    private const int VendorId = 7;
    private const int Coupons = 3;
    private const int UsersOfEach = 200;

    // A tenth of the discount.
    private const long Payout = 100;

    [Fact]
    [Trait("Promise", "16")]
    public async Task Each_used_unit_pays_its_vendor_once_whoever_is_killed_and_the_balance_is_the_sum_of_the_payouts()
    {
        await Client.NameVendorAsync(VendorId, "Cafe");
        var units = new List<(long CouponId, long UserId)>();
        for (var i = 0; i < Coupons; i++)
        {
            var crowd = new Crowd(await CreateCouponAsync(Policy.Open(totalQuantity: null) with { VendorId = VendorId }), Users(UsersOfEach));
            await crowd.AskAsync(Client, Many);
            units.AddRange(Users(UsersOfEach).Select(user => (crowd.CouponId, user)));
        }

        for (var kill = 1; kill <= 3; kill++)
        {
            await UseAndKillAsync(units[(50 * (kill - 1))..], enough: 50);
            await Engine.StartAsync();
        }

        await Audit.InParallelAsync(units, unit => Eventually.ReadAsync(
            $"{unit} is used", () => Client.AskAsync(unit.CouponId, new Question.Use(unit.UserId)), asked => IsUsed(asked.Told)));

        var vendor = await Eventually.ReadAsync(
            "the vendor is paid for each unit", () => Client.VendorAsync(VendorId), paid => paid.CouponsUsed >= units.Count);
        Assert.Equal((units.Count, units.Count * Payout), (vendor.CouponsUsed, vendor.Balance));
        var payouts = await PayoutsOfAllAsync();

        Assert.Equal(0, await Engine.StopAsync());
        Engine.DiscardReadModel();
        await Engine.StartAsync();

        Assert.Equal(payouts, await PayoutsOfAllAsync());
        Assert.Equal(vendor, await Client.VendorAsync(VendorId));

        async Task<IReadOnlyList<Payout>> PayoutsOfAllAsync()
        {
            var listed = await Eventually.ReadAsync("each payout is listed", () => Client.PayoutsAsync(VendorId), listed => listed.Count >= units.Count);
            Assert.Equal(units.Order(), listed.Select(payout => (payout.CouponId, payout.UserId)).Order());
            Assert.All(listed, payout => Assert.Equal((Payout, null), (payout.Amount, payout.OrderId)));
            return listed;
        }
    }

    // Several people at once, and in the moment the last of enough is answered every process is killed.
    private async Task UseAndKillAsync(IReadOnlyList<(long CouponId, long UserId)> units, int enough)
    {
        const int clients = 8;
        var used = 0;
        var killed = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(UseUntilGoneAsync));
        await await killed.Task.WaitAsync(Eventually.Deadline);

        async Task UseUntilGoneAsync(int client)
        {
            for (var i = client; i < units.Count; i += clients)
            {
                var asked = await Client.AskAsync(units[i].CouponId, new Question.Use(units[i].UserId));
                if (!asked.Connected)
                    return;
                if (IsUsed(asked.Told) && Interlocked.Increment(ref used) == enough)
                    killed.SetResult(Engine.KillAsync());
            }
        }
    }

    // By this question or by one before it.
    private static bool IsUsed(Told told) => told is Told.Used or Told.Held;
}
