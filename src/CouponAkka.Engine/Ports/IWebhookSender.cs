using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;

namespace CouponAkka.Engine.Ports;

/// <summary>Posts notifications to whoever wants them.</summary>
public interface IWebhookSender
{
    /// <summary>Null if it was taken; else why not, in words for everybody.</summary>
    Task<string?> PostAsync(Webhook webhook, Notification notification, CancellationToken stop);
}
