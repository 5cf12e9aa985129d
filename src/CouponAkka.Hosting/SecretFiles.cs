using Microsoft.Extensions.Configuration;

namespace CouponAkka.Hosting;

/// <summary>Settings from files, as containers are given secrets: each file holds one, and its name is the setting's, with <c>__</c> for <c>:</c>.</summary>
public static class SecretFiles
{
    /// <summary>The setting that names their directory.</summary>
    public const string Directory = "Secrets:Directory";

    // Where Docker and Podman put them.
    internal const string DefaultDirectory = "/run/secrets";

    /// <summary>Adds those of the directory that the settings so far name, above all of them.</summary>
    /// <exception cref="DirectoryNotFoundException">The named directory does not exist.</exception>
    public static void AddSecretFiles(this IConfigurationManager configuration)
    {
        var named = configuration[Directory];
        if (named is not null && !System.IO.Directory.Exists(named))
            throw new DirectoryNotFoundException($"{Directory}: there is no directory '{named}'.");
        configuration.AddKeyPerFile(named is null ? DefaultDirectory : Path.GetFullPath(named), optional: named is null);
    }
}
