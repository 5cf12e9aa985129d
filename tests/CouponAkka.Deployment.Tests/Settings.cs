using System.Reflection;
using CouponAkka.Api.Identity;
using CouponAkka.Api.Orders;
using CouponAkka.Hosting;
using CouponAkka.Hosting.Http;
using CouponAkka.Hosting.Payments;
using CouponAkka.Hosting.Webhooks;
using CouponAkka.Sharded;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Operations;

namespace CouponAkka.Deployment.Tests;

/// <summary>The environment variables that the programs know.</summary>
internal static class Settings
{
    private static readonly HashSet<string> Ours =
    [
        "ConnectionStrings__Coupons", SecretFiles.Directory.Replace(":", "__", StringComparison.Ordinal),
        .. Of<ClusterOptions>(ClusterOptions.Section),
        .. Of<DatabaseOptions>(DatabaseOptions.Section),
        .. Of<EdgeOptions>(EdgeOptions.Section),
        .. Of<PbmOptions>(PbmOptions.Section),
        .. Of<AdminOptions>(AdminOptions.Section),
        .. Of<AuthOptions>(AuthOptions.Section),
        .. Of<LimitOptions>(LimitOptions.Section),
        .. Of<ManagementOptions>(ManagementOptions.Section),
        .. Of<CommerceOptions>(CommerceOptions.Section),
        .. Of<OrderOptions>(OrderOptions.Section),
        .. Of<ShippingOptions>(ShippingOptions.Section),
        .. Of<PaymentOptions>(PaymentOptions.Section),
        .. Of<PaymentSimulatorOptions>(PaymentSimulatorOptions.Section),
        .. Of<WebhookOptions>(WebhookOptions.Section),
    ];

    // By their own documentation.
    private static readonly HashSet<string> Others =
    [
        "Logging__Console__FormatterName", "Logging__Console__FormatterOptions__IncludeScopes",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_METRIC_EXPORT_INTERVAL",
    ];

    public static bool IsKnown(string name) => Ours.Contains(name) || Others.Contains(name);

    private static IEnumerable<string> Of<T>(string section) =>
        typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(property => $"{section}__{property.Name}");
}
