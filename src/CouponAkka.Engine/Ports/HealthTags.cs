namespace CouponAkka.Engine.Ports;

/// <summary>What a health check is asked for.</summary>
public static class HealthTags
{
    /// <summary>The tag of checks that decide whether the process can issue.</summary>
    public const string Ready = "ready";

    /// <summary>The tag of checks that decide whether the process runs.</summary>
    public const string Live = "live";
}
