using CouponAkka.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting.Webhooks;

internal static class WebhookRegistration
{
    /// <summary>Lets notifications leave by HTTP, from whichever program posts them.</summary>
    public static void AddWebhookSender(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section);
        services.AddSingleton<IWebhookSender>(provider =>
            new WebhookSender(provider.GetRequiredService<IOptions<WebhookOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
    }
}
