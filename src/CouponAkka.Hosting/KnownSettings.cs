using CouponAkka.Engine;
using Microsoft.Extensions.Configuration;

namespace CouponAkka.Hosting;

/// <summary>What a program can be told. A slip in a name is refused, for what it asks for would silently not be done.</summary>
/// <param name="commands">Arguments of its own that are no settings.</param>
/// <param name="settings">Its own settings. All under their sections that is none of them is unknown, wherever it comes from.</param>
/// <param name="defaults">Where the program has others than the settings say.</param>
public sealed class KnownSettings(IEnumerable<string> commands, IEnumerable<KnownSetting> settings, IReadOnlyDictionary<string, string?>? defaults = null)
{
    // By their own documentation; those that end with a sign stand for all that begins so.
    private static readonly string[] OfTheFramework =
    [
        "urls", "http_ports", "https_ports", "https_port", "environment", "contentRoot", "applicationName", "webroot", "detailedErrors",
        "shutdownTimeoutSeconds",
        "preferHostingUrls", "captureStartupErrors", "suppressStatusMessages", "preventHostingStartup", "startupAssembly", "hostingStartupAssemblies",
        "hostingStartupExcludeAssemblies", "forwardedHeaders_enabled", "AllowedHosts", "Logging:", "Kestrel:", "OTEL_",
    ];

    // Whatever else runs in this environment may have its own there.
    private const string SharedSection = "ConnectionStrings";

    private readonly string[] _commands =
        [.. commands.Append(HealthProbe.Argument).Append(ProgramArguments.Help).Append(ProgramArguments.Version).Select(command => command[2..])];

    /// <summary>In the order given.</summary>
    public IReadOnlyList<KnownSetting> Settings { get; } =
    [
        .. settings.Select(setting => defaults?.GetValueOrDefault(setting.Name) is { } own ? setting with { Default = own } : setting),
        new(SecretFiles.Directory, SecretFiles.DefaultDirectory),
    ];

    /// <summary>What is wrong with the arguments, in one line, or null. They are read as ASP.NET does, which passes over what it can't read.</summary>
    public string? ProblemOf(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var prefix = argument.StartsWith("--", StringComparison.Ordinal) ? 2 : argument.StartsWith('/') ? 1 : 0;
            var sign = argument.IndexOf('=', StringComparison.Ordinal);
            if (argument.StartsWith('-') && prefix == 0 || prefix == 0 && sign < 0)
                return $"There is no argument '{argument}': a setting is given as --Name value. --help lists them.";
            var name = argument[prefix..(sign < 0 ? argument.Length : sign)];
            if (_commands.Contains(name))
                return $"The argument --{name} can't be used like this. --help says how.";
            // A section by itself, with no value, is how a host that is built in a test hands on what lies under it.
            if (!IsKnown(name)
                && !(argument.EndsWith('=') && (Settings.Any(known => Is(name, SectionOf(known))) || OfTheFramework.Any(known => Is(name + ":", known)))))
                return Unknown($"There is no argument --{name}.", name);
            if (sign < 0 && (++i == arguments.Count || arguments[i].StartsWith("--", StringComparison.Ordinal)))
                return $"The argument {argument} lacks its value.";
        }

        return null;
    }

    /// <summary>The first setting under a section of the program's own that is unknown, said in one line, or null.</summary>
    public string? ProblemOf(IConfiguration configuration)
    {
        var sections = Settings.Select(SectionOf).Where(section => section.Length > 0 && section != SharedSection).Distinct();
        var unknown =
            from section in sections
            from setting in configuration.GetSection(section).GetChildren()
            where !IsKnown(setting.Path)
            select setting.Path;
        return unknown.FirstOrDefault() is { } name
            ? Unknown($"There is no setting {name} (in the environment: {name.Replace(":", "__", StringComparison.Ordinal)}).", name)
            : null;
    }

    /// <summary>Refuses settings that are unknown.</summary>
    /// <exception cref="UnknownSettingException">One is.</exception>
    public void RequireKnown(IConfiguration configuration)
    {
        if (ProblemOf(configuration) is { } problem)
            throw new UnknownSettingException(problem);
    }

    private static string SectionOf(KnownSetting setting) => setting.Name[..Math.Max(0, setting.Name.IndexOf(':', StringComparison.Ordinal))];

    private bool IsKnown(string name) =>
        Settings.Any(known => Is(name, known.Name) || Begins(name, known.Name + ":"))
        || OfTheFramework.Any(known => known[^1] is ':' or '_' ? Begins(name, known) : Is(name, known));

    private string Unknown(string what, string name)
    {
        var nearest = Settings.Select(known => known.Name).Concat(OfTheFramework).Concat(_commands)
            .MinBy(known => Distance(name.ToUpperInvariant(), known.ToUpperInvariant()))!;
        if (Distance(name.ToUpperInvariant(), nearest.ToUpperInvariant()) <= Math.Max(2, name.Length / 3))
            return $"{what} Is --{nearest} meant? --help lists them.";
        var beside = Settings.Where(known => SectionOf(known) is { Length: > 0 } section && Begins(name, section + ":")).Select(known => known.Name).ToList();
        return beside.Count == 0 ? $"{what} --help lists them." : $"{what} There are {string.Join(", ", beside)}.";
    }

    private static bool Is(string name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);

    private static bool Begins(string name, string known) => name.StartsWith(known, StringComparison.OrdinalIgnoreCase);

    // Levenshtein's: how many letters must be put in, taken out or changed.
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}

/// <summary>A setting is none of the program's; the message says which, in one line.</summary>
public sealed class UnknownSettingException(string message) : Exception(message);
