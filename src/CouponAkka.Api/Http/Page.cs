using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace CouponAkka.Api.Http;

/// <summary>How long a page of a list may be.</summary>
public interface IPageSize
{
    static abstract int Usual { get; }

    static abstract int Max { get; }
}

/// <summary><c>?limit=1..200</c></summary>
public sealed class PageOf200 : IPageSize
{
    public static int Usual => 50;

    public static int Max => 200;
}

/// <summary><c>?limit=1..1000</c></summary>
public sealed class PageOf1000 : IPageSize
{
    public static int Usual => 100;

    public static int Max => 1000;
}

/// <summary>Which part of a list is asked for: <c>?after=…&amp;limit=…</c>.</summary>
/// <param name="After">What the page before gave as <c>next</c>, or null for the first page.</param>
public readonly record struct Page<TSize>(string? After, int Limit) : IEndpointParameterMetadataProvider
    where TSize : IPageSize
{
    /// <summary><see cref="After"/> as a number, 0 for the first page.</summary>
    /// <exception cref="InvalidRequestException">It is not a number from 0 on.</exception>
    public long AfterNumber =>
        After is null ? 0
        : long.TryParse(After, NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after
        : throw new InvalidRequestException("after", PageQuery.AfterExpected);

    /// <exception cref="InvalidRequestException">The limit is out of range.</exception>
    public static ValueTask<Page<TSize>> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        var limit = TSize.Usual;
        if (query.TryGetValue("limit", out var given)
            && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit >= 1 && limit <= TSize.Max))
        {
            throw new InvalidRequestException("limit", $"must be an integer from 1 to {TSize.Max}");
        }

        return new(new Page<TSize>(query.TryGetValue("after", out var after) ? after.ToString() : null, limit));
    }

    /// <summary>The page of <paramref name="rows"/>, which were asked for one more than <see cref="Limit"/> to see if there is a next.</summary>
    public (IReadOnlyList<T> Items, T? Last) Split<T>(IReadOnlyList<T> rows)
        where T : class =>
        rows.Count > Limit ? ([.. rows.Take(Limit)], rows[Limit - 1]) : (rows, null);

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new PageQuery(TSize.Usual, TSize.Max));
}

/// <summary>A page of a list.</summary>
/// <param name="Next">What to give as <c>after</c> for the page that follows; null on the last.</param>
public sealed record ListJson<TItem, TNext>(IEnumerable<TItem> Items, TNext? Next);
