using System.Net;
using System.Security.Cryptography;
using System.Text;
using CouponAkka.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Http;

/// <summary>Settings under <c>Admin</c>.</summary>
public sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>What admin calls must send as <c>X-Api-Key</c>. With none set they are taken from the loopback interface only.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A second key that is taken as well: while keys are changed, the one before or the next.</summary>
    public string? SecondApiKey { get; set; }
}

/// <summary>Who may make admin calls.</summary>
internal sealed partial class AdminKey
{
    public const string Header = "X-Api-Key";

    private readonly byte[][] _keyHashes;

    public AdminKey(IOptions<AdminOptions> options, ILogger<AdminKey> log)
    {
        string?[] keys = [options.Value.ApiKey, options.Value.SecondApiKey];
        _keyHashes = [.. keys.OfType<string>().Where(key => key.Length > 0).Select(Hash)];
        if (_keyHashes.Length == 0)
            LogLoopbackOnly(log);
    }

    /// <summary>Null if the call is allowed, else the status that refuses it.</summary>
    public int? Refuse(HttpContext context)
    {
        if (_keyHashes.Length == 0)
            return IsLocal(context) ? null : StatusCodes.Status403Forbidden;
        if (!context.Request.Headers.TryGetValue(Header, out var given))
            return StatusCodes.Status401Unauthorized;
        var hash = Hash(given.ToString());
        return Array.Exists(_keyHashes, key => CryptographicOperations.FixedTimeEquals(hash, key)) ? null : StatusCodes.Status403Forbidden;
    }

    // A proxy on this machine speaks from the loopback interface for people who are not here; it says so in its headers.
    private static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && !context.Request.Headers.ContainsKey("Forwarded")
        && !context.Request.Headers.ContainsKey("X-Forwarded-For");

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Admin:ApiKey is not set: admin calls are taken from the loopback interface only.")]
    private static partial void LogLoopbackOnly(ILogger logger);
}

internal static class AdminEndpoints
{
    /// <summary>Takes the call from administrators only. The key is looked at before the body.</summary>
    public static RouteHandlerBuilder RequireAdmin(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(AdminOnly.Instance).Refuses(401, 403);

    public static void UseAdminKey(this IApplicationBuilder app, AdminKey key) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<AdminOnly>() is not null && key.Refuse(context) is { } status
            ? Refusals.WriteAsync(context, Problem.For(status))
            : next(context));
}

/// <summary>Marks an admin call.</summary>
internal sealed class AdminOnly
{
    public static readonly AdminOnly Instance = new();
}
