namespace CouponAkka.Hosting.Webhooks;

/// <summary>Settings under <c>Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    /// <summary>
    /// Whether webhooks may lead to this machine and into private networks. Whoever may add one could else reach by it what only this process should.
    /// </summary>
    public bool AllowPrivateTargets { get; set; }
}
