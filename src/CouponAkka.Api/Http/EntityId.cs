using System.Globalization;
using System.Reflection;
using CouponAkka.Domain;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace CouponAkka.Api.Http;

/// <summary>An id from the path, as <see cref="Ids"/> says.</summary>
public readonly record struct EntityId(long Value) : IEndpointParameterMetadataProvider
{
    public const long Max = Ids.Max;

    /// <summary>What an id must be, wherever it stands.</summary>
    public const string Expected = "must be an integer from 1 to 9007199254740991";

    public static bool IsValid(long id) => Ids.IsId(id);

    /// <exception cref="InvalidRequestException">The path holds no such id.</exception>
    public static ValueTask<EntityId> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var name = parameter.Name!;
        return long.TryParse(context.Request.RouteValues[name] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && IsValid(id)
                ? new(new EntityId(id))
                : throw new InvalidRequestException(name, Expected);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new PathId(parameter.Name!));
}
