using System.Globalization;
using System.Reflection;
using CouponAkka.Api.Http;
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
    public static readonly ETagHeader Header = new("Names the coupon as it is: for If-Match.");

    public static string Of(CouponView coupon) => string.Create(CultureInfo.InvariantCulture, $"\"{coupon.DateUpdated.UnixMicroseconds}\"");
}

/// <summary>The header <c>If-Match</c>: an ETag that an answer gave, or several of which any will do, or <c>*</c> for whatever there is.</summary>
/// <param name="UpdatedAt">When the coupon that the caller knows was last changed, each of the moments that it may be; null if it need not be known.</param>
public readonly record struct IfMatch(IReadOnlyList<Timestamp?> UpdatedAt) : IEndpointParameterMetadataProvider
{
    // Each is a question to the coupon.
    private const int MostTags = 8;

    private static readonly Timestamp?[] Any = [null];

    // What no coupon was changed at: a tag that is none of ours names no coupon that there is.
    private static readonly Timestamp Never = Timestamp.Earliest;

    public static ValueTask<IfMatch> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var given = context.Request.Headers.IfMatch.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return given.Length > MostTags
            ? throw new InvalidRequestException("If-Match", $"must be * or 1 to {MostTags} ETags")
            : new(new IfMatch(given is [] or ["*"] ? Any : [.. given.Select(tag => (Timestamp?)Parse(tag))]));
    }

    // Proxies that compress answers make the tag a weak one.
    private static Timestamp Parse(string tag) =>
        (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag) is ['"', .. var number, '"']
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
        && new Timestamp(time) <= Timestamp.Latest
            ? new Timestamp(time)
            : Never;

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new RequestHeader("If-Match", "The ETag of the coupon as you know it: it is changed only if it is that still."));
}
