using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace CouponAkka.Api.Identity;

/// <summary>
/// The keys of a file with a JSON Web Key Set, read again when it changes. While what it was changed to can't be used, the keys before hold.
/// </summary>
internal sealed partial class SigningKeysFile
{
    private readonly string _path;
    private readonly ILogger<SigningKeysFile> _log;
    private readonly Lock _reading = new();
    private volatile Version _current;
    private (DateTime, long) _complainedOf;

    /// <exception cref="SigningKeysException">The file can't be used.</exception>
    public SigningKeysFile(string path, ILogger<SigningKeysFile> log)
    {
        (_path, _log) = (path, log);
        // Looked at before it is read: what is written meanwhile is seen as a change.
        var stamp = Stamp();
        _current = new Version(stamp, Read(path));
    }

    /// <summary>The keys as the file has them now.</summary>
    public IReadOnlyList<SecurityKey> Keys
    {
        get
        {
            var stamp = Stamp();
            var current = _current;
            return stamp == current.Stamp ? current.Keys : ReadAgain(stamp);
        }
    }

    /// <exception cref="SigningKeysException">There is no such file, or it is not what it must be.</exception>
    public static IReadOnlyList<SecurityKey> Read(string path)
    {
        JsonWebKeySet set;
        try
        {
            set = new JsonWebKeySet(File.ReadAllText(path));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SigningKeysException($"{path} can't be read: {unreadable.Message}");
        }
        catch (Exception malformed) when (malformed is ArgumentException or System.Text.Json.JsonException)
        {
            throw new SigningKeysException($"{path} is not a JSON Web Key Set.");
        }

        // Whoever can check with a symmetric key can sign with it too, and this file may be read by more people than may.
        if (set.Keys.Any(key => key.Kty == JsonWebAlgorithmsKeyTypes.Octet))
            throw new SigningKeysException($"{path} has a symmetric key (\"kty\":\"oct\"): only RSA and EC keys are taken.");
        if (set.Keys.Any(key => key.HasPrivateKey))
            throw new SigningKeysException($"{path} has a private key: put only the public half of each key here.");
        var keys = set.GetSigningKeys().Where(key => key is not JsonWebKey).ToList();
        return keys.Count > 0 ? keys : throw new SigningKeysException($"{path} has no RSA or EC key to check signatures with.");
    }

    private IReadOnlyList<SecurityKey> ReadAgain((DateTime, long) stamp)
    {
        lock (_reading)
        {
            if (stamp == _current.Stamp)
                return _current.Keys;
            try
            {
                _current = new Version(stamp, Read(_path));
                LogRead(_path, _current.Keys.Count);
            }
            catch (SigningKeysException unusable)
            {
                // Asked for again with the next token, as it may be in the middle of being written; said once.
                if (_complainedOf != stamp)
                    LogUnusable(unusable.Message);
                _complainedOf = stamp;
            }

            return _current.Keys;
        }
    }

    // Of the file that a link leads to, which is how Kubernetes changes one.
    private (DateTime, long) Stamp()
    {
        var file = new FileInfo(_path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            file = target;
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Path} has changed: tokens are checked with its {Count} keys.")]
    private partial void LogRead(string path, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Complaint} Tokens are checked with the keys that it had before: put it right.")]
    private partial void LogUnusable(string complaint);

    private sealed record Version((DateTime, long) Stamp, IReadOnlyList<SecurityKey> Keys);
}

/// <summary>Why a file of keys can't be used, in one line.</summary>
internal sealed class SigningKeysException(string message) : Exception(message);
