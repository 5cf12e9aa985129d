using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Identity;

/// <summary>Settings under <c>Admin</c>.</summary>
public sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>
    /// What admin calls must send as <c>X-Api-Key</c>. With none set, and no issuer of tokens, they are taken from callers on this machine only.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>A second key that is taken as well: while keys are changed, the one before or the next.</summary>
    public string? SecondApiKey { get; set; }
}

/// <summary>The keys that open admin calls.</summary>
internal sealed class AdminKey
{
    public const string Header = "X-Api-Key";

    private readonly (string Setting, byte[] Hash)[] _keys;

    public AdminKey(IOptions<AdminOptions> options)
    {
        (string Setting, string? Key)[] keys =
            [(nameof(AdminOptions.ApiKey), options.Value.ApiKey), (nameof(AdminOptions.SecondApiKey), options.Value.SecondApiKey)];
        _keys = [.. keys.Where(key => key.Key is { Length: > 0 }).Select(key => (key.Setting, Hash(key.Key!)))];
    }

    public bool IsSet => _keys.Length > 0;

    /// <summary>The setting that holds this very key, or null: it takes as long for a key that is nearly right as for one that is not.</summary>
    public string? SettingOf(string given)
    {
        string? found = null;
        var hash = Hash(given);
        foreach (var (setting, expected) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, expected))
                found = setting;
        }

        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
