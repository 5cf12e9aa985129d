using System.Buffers.Binary;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using CouponAkka.Api.Http;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Identity;

/// <summary>How often one person may ask, by the token's <c>sub</c>, or one address, where there is none. What is not asked for a while is forgotten.</summary>
internal static class CallerLimits
{
    /// <summary>So many a second from each address.</summary>
    public static PartitionedRateLimiter<HttpContext> PerAddress(int perSecond) => Of(context => Key.OfAddress(context), perSecond, perSecond);

    /// <summary>Limits each caller, if the settings say so. After routing, and after authentication where there is one.</summary>
    public static void UseCallerLimits(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<IOptions<LimitOptions>>().Value;
        if (limits.RequestsPerSecondPerCaller == 0)
            return;
        var burst = limits.BurstPerCaller > 0 ? limits.BurstPerCaller : limits.RequestsPerSecondPerCaller;
        var limiter = Of(Key.OfCaller, limits.RequestsPerSecondPerCaller, burst);
        app.Lifetime.ApplicationStopped.Register(limiter.Dispose);
        app.Use((context, next) =>
            // What sheds load is what is limited for each: not health, nor the pages.
            context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>() is not null && !limiter.AttemptAcquire(context).IsAcquired
                ? Refusals.WriteAsync(context, Problem.For(StatusCodes.Status429TooManyRequests))
                : next(context));
    }

    private static PartitionedRateLimiter<HttpContext> Of(Func<HttpContext, Key> keyOf, int perSecond, int burst)
    {
        var options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            AutoReplenishment = false,
        };
        return PartitionedRateLimiter.Create<HttpContext, Key>(context => RateLimitPartition.GetTokenBucketLimiter(keyOf(context), _ => options));
    }

    private readonly record struct Key(string? Subject, ulong High, ulong Low)
    {
        public static Key OfCaller(HttpContext context) =>
            context.Features.Get<Caller>()?.Subject is { } subject ? new(subject, 0, 0) : OfAddress(context);

        public static Key OfAddress(HttpContext context)
        {
            if (context.Connection.RemoteIpAddress is not { } address)
                return default;
            Span<byte> bytes = stackalloc byte[16];
            address.MapToIPv6().TryWriteBytes(bytes, out _);
            var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
            // Of IPv6 the network, as who has one address has all of it.
            return new(null, high, address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6 ? low : 0);
        }
    }
}
