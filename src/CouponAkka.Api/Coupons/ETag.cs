using System.Globalization;
using System.Reflection;
using CouponAkka.Api.OpenApi;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace CouponAkka.Api.Coupons;

/// <summary>
/// Names what an administrator can change of a coupon, by the time of its last change, which grows with each. Issuing leaves it as it is, or nobody could
/// change a coupon that a crowd is being issued.
/// </summary>
internal static class ETag
{
    public static string Of(CouponView coupon) => string.Create(CultureInfo.InvariantCulture, $"\"{coupon.DateUpdated.UnixMicroseconds}\"");
}

/// <summary>The header <c>If-Match</c>: an ETag that an answer gave, or <c>*</c> for whatever there is.</summary>
/// <param name="UpdatedAt">When the coupon that the caller knows was last changed; null if it need not be known.</param>
public readonly record struct IfMatch(Timestamp? UpdatedAt) : IEndpointParameterMetadataProvider
{
    // What no coupon was changed at: a tag that is none of ours names no coupon that there is.
    private static readonly Timestamp Never = Timestamp.Earliest;

    public static ValueTask<IfMatch> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var given = context.Request.Headers.IfMatch.ToString().Trim();
        if (given is "" or "*")
            return new(new IfMatch(null));
        // Proxies that compress answers make the tag a weak one.
        var tag = given.StartsWith("W/", StringComparison.Ordinal) ? given[2..] : given;
        return new(new IfMatch(
            tag is ['"', .. var number, '"'] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && new Timestamp(time) <= Timestamp.Latest
                ? new Timestamp(time)
                : Never));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(IfMatchHeader.Instance);
}
