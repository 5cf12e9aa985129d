using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Standalone.Notifying;

/// <summary>Posts notifications to webhooks, from when it is made until it is disposed of.</summary>
internal sealed class WebhookLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public WebhookLoop(SqliteWebhooks webhooks, NotificationFeed feed, IWebhookSender sender, TimeProvider clock, ILogger<WebhookDispatcher> log)
    {
        var dispatcher = new WebhookDispatcher(webhooks, feed, sender, clock, log);
        _running = Task.Run(() => dispatcher.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }
}
