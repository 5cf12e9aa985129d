using System.Data;
using Akka.Actor;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Notifying;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using Microsoft.Extensions.Logging;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Notifying;

/// <summary>What happens is numbered once, on MariaDB, whatever happens to who gives the numbers out.</summary>
public sealed class NumberingTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    private CouponDatabase Database => _test.Database;

    private MySqlNotifications Notifications => new(Database, CounterKind.WithCounters, TimeProvider.System);

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "17")]
    public async Task Each_thing_has_one_number_in_its_entity_s_order_while_who_numbers_is_killed_and_two_do_at_once()
    {
        await using var other = Start();
        IReadOnlyList<Notification> before = [];
        for (var round = 0; round < 6; round++)
        {
            await using var one = Start();
            for (var coupon = 1; coupon <= 5; coupon++)
                await Database.AppendAsync(coupon, (2 * round) + 1, [round == 0 ? Created() : Changed(), Issued((3 * round) + 1, 1, 2, 3)]);
            before = await NumberedAsync(20 * (round + 1), before);
        }

        for (var coupon = 1; coupon <= 5; coupon++)
        {
            var lines = before.Where(notification => notification.Line.Subject == $"/coupons/{coupon}").Select(notification => notification.Line).ToList();
            Assert.Equal(
                Enumerable.Range(1, 18).Select(ticket => (long)ticket),
                lines.Where(line => line.Kind == "coupon.issued").Select(line => line.Data["ticket"]));
            Assert.Equal(["coupon.created", "coupon.issued", "coupon.issued", "coupon.issued", "coupon.changed"], lines.Take(5).Select(line => line.Kind));
        }

        // Also a part of an event's lines.
        foreach (var after in (long[])[0, 1, 2, 7, 118, 119])
            Assert.Equal(before.Skip((int)after).Take(3).Select(TextOf), (await Notifications.ReadAsync(after, 3, default)).Select(TextOf));
        Assert.Empty(await Notifications.ReadAsync(120, 3, default));
        Assert.Equal(120, await Notifications.LastAsync(default));
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task What_can_be_seen_only_after_later_events_is_numbered_and_of_its_own_entity_before_them()
    {
        await Database.AppendAsync(7, 1, [Created(), Issued(1, 1)]);
        await using var late = Database.Connect();
        await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        await late.AppendAsync(Row(7, 3, Issued(2, 2)));
        await using var numbering = Start();
        await Database.AppendAsync(7, 4, Issued(3, 3));
        await Database.AppendAsync(8, 1, [Created(), Issued(1, 1)]);
        var before = await NumberedAsync(4, []);
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT ordering FROM notification_position") >= 2);
        Assert.DoesNotContain(before, notification => notification.Line.Data.TryGetValue("ticket", out var ticket) && ticket == 3);

        await late.CommitTransactionAsync();

        var after = await NumberedAsync(6, before);
        Assert.Equal([2L, 3L], after.Skip(4).Select(notification => notification.Line.Data["ticket"]));
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task It_is_numbered_however_late_it_can_be_seen()
    {
        var time = new ShiftedTime();
        await using var numbering = Start(time);
        await using var late = Database.Connect();
        await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        await late.AppendAsync(Row(7, 1, Created()), Row(7, 2, Issued(1, 101)));
        await Database.AppendAsync(8, 1, Created());
        var before = await NumberedAsync(1, []);
        time.Shift(OrderingHoles.Patience + TimeSpan.FromSeconds(10));
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT ordering FROM notification_position") > 2);
        await late.CommitTransactionAsync();

        time.Shift(TimeSpan.FromMinutes(2));

        await NumberedAsync(3, before);
    }

    [Theory]
    [InlineData("UPDATE journal SET message = x'FFFF' WHERE {0}")]
    [InlineData("UPDATE journal SET identifier = 4 WHERE {0}")]
    [InlineData("DELETE FROM journal WHERE {0}")]
    [Trait("Promise", "17")]
    public async Task What_can_not_be_read_keeps_its_number_without_content_and_nobody_waits_for_it(string damage)
    {
        var time = new ShiftedTime();
        await Database.AppendAsync(7, 1, [Created(), Issued(1, 1, 2), Issued(3, 3)]);
        await Database.AppendAsync(8, 1, [Created()]);
        await _test.ExecuteAsync("CREATE TABLE whole AS SELECT * FROM journal");
        await _test.TamperAsync(string.Format(null, damage, "persistence_id = 'coupon-7' AND sequence_number = 2"));
        await using var numbering = Start(time);
        await NumberedAsync(damage.StartsWith("DELETE", StringComparison.Ordinal) ? 2 : 4, []);
        time.Shift(OrderingHoles.Patience + TimeSpan.FromSeconds(10));

        var before = await NumberedAsync(4, []);

        var unreadable = Assert.Single(before, notification => notification.Line.Kind == EventNumbers.Unreadable);
        Assert.Equal("/coupons/7", unreadable.Line.Subject);
        Assert.True(numbering.Log.Has(LogLevel.Critical, "Event 2 of coupon-7", $"Notification {unreadable.N} says so"), numbering.Log.ToString());
        await _test.TamperAsync("DELETE FROM journal; INSERT INTO journal SELECT * FROM whole");
        await NumberedAsync(4, before);
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task Webhooks_are_kept_and_who_no_longer_numbers_saves_nothing_of_them()
    {
        var webhooks = new MySqlWebhooks(Database, TimeProvider.System);
        var first = await webhooks.AddAsync("http://one.example/", ["coupon.issued"], "secret 1", default);
        var second = await webhooks.AddAsync("http://two.example/", null, "it's \\ 🎈", default);
        Assert.Equal([Shown(first!), Shown(second!)], (await webhooks.ListAsync(default)).Select(Shown));

        var failing = new WebhookState(5, At, "It answered 500.", At);
        Assert.True(await new MySqlWebhookDeliveries(Database, webhooks, epoch: 0).SaveAsync(first!.Id, failing, default));
        Assert.False(await new MySqlWebhookDeliveries(Database, webhooks, epoch: 1).SaveAsync(first.Id, new WebhookState(9), default));
        Assert.Equal(failing, (await webhooks.ListAsync(default))[0].State);

        Assert.True(await webhooks.RemoveAsync(first.Id, default));
        Assert.False(await webhooks.RemoveAsync(first.Id, default));
        Assert.False(await new MySqlWebhookDeliveries(Database, webhooks, epoch: 0).SaveAsync(first.Id, failing, default));

        static (long, string, string?, string, Domain.Timestamp, WebhookState) Shown(Webhook webhook) => (
            webhook.Id, webhook.Url, Webhook.ToJson(webhook.Kinds), webhook.Secret, webhook.DateCreated, webhook.State);
    }

    private static string TextOf(Notification notification) => $"{notification.N} {notification.Line.Text}";

    // All of them, of which those that were there before are the same.
    private async Task<IReadOnlyList<Notification>> NumberedAsync(int count, IReadOnlyList<Notification> before)
    {
        var all = await Eventually.ReadAsync($"{count} have a number", () => Notifications.ReadAsync(0, 1_000, default).AsTask(), all => all.Count >= count);
        Assert.Equal(Enumerable.Range(1, count).Select(n => (long)n), all.Select(notification => notification.N));
        Assert.Equal(before.Select(TextOf), all.Take(before.Count).Select(TextOf));
        return all;
    }

    private RunningNumbering Start(TimeProvider? time = null) => new(Database, time ?? TimeProvider.System);

    private sealed class RunningNumbering : IAsyncDisposable
    {
        private readonly ActorSystem _system = ActorSystem.Create("numbering", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF");

        public RunningNumbering(CouponDatabase database, TimeProvider time)
        {
            var here = new NodeNumbering();
            _system.ActorOf(NumberingActor.Props(
                () => new NumberingRunner(database, CounterKind.WithCounters, here, (_, stop) => Task.Delay(Timeout.Infinite, stop)
                    .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default), time, Log),
                here));
        }

        public LogLines<NumberingRunner> Log { get; } = new();

        public async ValueTask DisposeAsync() => await _system.Terminate();
    }
}
