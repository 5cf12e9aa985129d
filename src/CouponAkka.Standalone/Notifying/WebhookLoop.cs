using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using Microsoft.Extensions.Options;

namespace CouponAkka.Standalone.Notifying;

/// <summary>Posts notifications to webhooks, from when it is made until it is disposed of.</summary>
internal sealed class WebhookLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly WebhookSender _sender;
    private readonly Task _running;

    public WebhookLoop(SqliteWebhooks webhooks, NotificationFeed feed, IOptions<WebhookOptions> options, TimeProvider clock, ILogger<WebhookDispatcher> log)
    {
        _sender = new WebhookSender(options.Value, clock);
        var dispatcher = new WebhookDispatcher(webhooks, feed, _sender, clock, log);
        _running = Task.Run(() => dispatcher.RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _sender.Dispose();
        _stop.Dispose();
    }
}
