using System.Text.Json.Nodes;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an engine promises about notifications when its processes are killed with SIGKILL while much happens.</summary>
public abstract class NotificationSpecs<TEngine>(ITestOutputHelper report) : OwnEngineSpecs<TEngine>(report)
    where TEngine : IEngine, new()
{
    private const int Coupons = 3;
    private const int UsersOfEach = 300;
    private const int VendorId = 7;
    private const string Secret = "a secret of the specs";

    [Fact]
    [Trait("Promise", "17")]
    public async Task Each_thing_has_one_number_for_ever_in_its_entity_s_order_and_is_streamed_and_posted_whoever_is_killed()
    {
        using var receiver = new WebhookReceiver(Secret);
        await Client.AddWebhookAsync(receiver.Address, Secret);
        await using var reader = new NotificationReader(() => Client);
        var crowds = new List<Crowd>();
        for (var i = 0; i < Coupons; i++)
            crowds.Add(new Crowd(await CreateCouponAsync(Policy.Open(totalQuantity: null) with { VendorId = VendorId }), Users(UsersOfEach)));
        for (var kill = 0; kill < Coupons; kill++)
        {
            var heard = 0;
            await AskAndKillAsync(crowds[kill], Many, _ => Interlocked.Increment(ref heard) == UsersOfEach / 2);
            await Engine.StartAsync();
        }

        await OneNodeFailsAsync(() => Task.WhenAll(crowds.Select(crowd => crowd.AskAsync(Client, atOnce: 8))));
        foreach (var crowd in crowds)
        {
            await Audit.InParallelAsync(Users(20).ToList(), user => Eventually.ReadAsync(
                $"user {user} has used coupon {crowd.CouponId}",
                () => Client.AskAsync(crowd.CouponId, new Question.Use(user)),
                asked => asked.Told is Told.Used or Told.Held));
        }

        var things = Coupons * (1 + UsersOfEach + 20 + 20);

        var all = await Eventually.ReadAsync($"{things} things have a number", Client.NotificationsAsync, all => all.Count >= things);
        Assert.Equal(Enumerable.Range(1, things).Select(n => (long)n), all.Select(NumberOf));
        foreach (var crowd in crowds)
        {
            var kinds = all.Where(line => Subject(line) == $"/coupons/{crowd.CouponId}").Select(Kind).ToList();
            Assert.Equal(
                ("coupon.created", UsersOfEach, 20), (kinds[0], kinds.Count(kind => kind == "coupon.issued"), kinds.Count(kind => kind == "coupon.used")));
            var tickets = all.Where(line => Subject(line) == $"/coupons/{crowd.CouponId}" && Kind(line) == "coupon.issued")
                .Select(line => line["data"]!["ticket"]!.GetValue<long>());
            Assert.Equal(Enumerable.Range(1, UsersOfEach).Select(ticket => (long)ticket), tickets);
        }

        Assert.Equal(Coupons * 20, all.Count(line => Kind(line) == "vendor.credited"));

        // No hole and nothing twice, over every stream that broke.
        await Eventually.HoldsAsync(() => reader.Heard.Count >= things, () => $"Heard {reader.Heard.Count}.");
        Assert.Equal(
            all.Select(line => (NumberOf(line), line.ToJsonString())), reader.Heard.Select(heard => (heard.Id, JsonNode.Parse(heard.Data)!.ToJsonString())));

        // At least once each, in order, and the same.
        await Eventually.HoldsAsync(
            () => receiver.Taken.Select(WebhookReceiver.NumberOf).Distinct().Count() >= things, () => $"Taken {receiver.Taken.Count}.");
        Assert.Empty(receiver.Forged);
        Assert.Equal(
            all.Select(line => line.ToJsonString()), receiver.Taken.DistinctBy(WebhookReceiver.NumberOf).Select(body => JsonNode.Parse(body)!.ToJsonString()));

        Assert.Equal(0, await Engine.StopAsync());
        Engine.DiscardReadModel();
        await Engine.StartAsync();
        var after = await Eventually.ReadAsync("they can be read again", Client.NotificationsAsync, after => after.Count >= things);
        Assert.Equal(all.Select(line => line.ToJsonString()), after.Select(line => line.ToJsonString()));
    }

    /// <summary>Lets only a part of the engine fail while people ask; one that has no parts just lets them ask.</summary>
    protected virtual Task OneNodeFailsAsync(Func<Task> ask) => ask();

    private static long NumberOf(JsonNode line) => line["n"]!.GetValue<long>();

    private static string Kind(JsonNode line) => line["kind"]!.GetValue<string>();

    private static string Subject(JsonNode line) => line["subject"]!.GetValue<string>();
}
