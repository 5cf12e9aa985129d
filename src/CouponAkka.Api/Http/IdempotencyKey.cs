using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>
/// The header <c>Idempotency-Key</c>: a name of the caller's own, under which a thing is done once. Its endpoint says whether it may be left out.
/// </summary>
public readonly record struct IdempotencyKey(string? Value)
{
    public const string Header = "Idempotency-Key";

    private const int MaxLength = 128;

    private static readonly string Expected = $"must be 1 to {MaxLength} printable ASCII characters";

    internal static readonly RequestHeader Optional = new(
        Header, $"A name of your own: asked again under it, the same is done once. {Expected}.", MaxLength: MaxLength);
    internal static readonly RequestHeader Required = Optional with { IsRequired = true };

    /// <exception cref="InvalidRequestException">It is missing and must not be, or is none.</exception>
    public static ValueTask<IdempotencyKey> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var given = context.Request.Headers[Header];
        if (given.Count == 0 && context.GetEndpoint()?.Metadata.GetMetadata<RequestHeader>() is not { IsRequired: true })
            return new(default(IdempotencyKey));
        return given is [{ Length: > 0 and <= MaxLength } key] && key.All(character => character is >= ' ' and <= '~')
            ? new(new IdempotencyKey(key))
            : throw new InvalidRequestException(Header, Expected);
    }
}
