using System.Reflection;
using CouponAkka.Hosting.Http;

namespace CouponAkka.Hosting;

/// <summary>The arguments with which a program of ours answers and ends, or does not even begin.</summary>
public static class ProgramArguments
{
    public const string Help = "--help";
    public const string Version = "--version";

    /// <summary>Which version every program of this build is, with the commit that it was built from, if that is known: <c>1.2.0+395cbd3…</c>.</summary>
    public static string ProgramVersion { get; } =
        typeof(ProgramArguments).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>
    /// The exit code if the program is not to run: it has answered, or said in one line on standard error what keeps it from it. Null if it is.
    /// </summary>
    /// <param name="usage">What it is for, and its arguments; the settings are said after it.</param>
    public static async Task<int?> AnswerAsync(string[] args, string usage, KnownSettings known)
    {
        if (await HealthProbe.RunAsync(args) is { } health)
            return health;
        if (args.Any(argument => argument is Help or "-h"))
        {
            Console.WriteLine(Explain(usage, known));
            return 0;
        }

        if (args.Contains(Version))
        {
            Console.WriteLine($"{Assembly.GetEntryAssembly()!.GetName().Name} {ProgramVersion}");
            return 0;
        }

        if ((known.ProblemOf(args) ?? OpenFiles.Problem) is not { } problem)
            return null;
        await Console.Error.WriteLineAsync(problem);
        return 1;
    }

    internal static string Explain(string usage, KnownSettings known) =>
        $"""
        {usage}
          {HealthProbe.Argument} URL      ask the process at URL whether it is well, and end: 0 if it is
          {Help}, {Version}       say this, or which version it is, and end

        Settings, each as --Section:Name value, as Section__Name in the environment, or as a file of that name in Secrets:Directory:
        {string.Join('\n', known.Settings.Where(setting => setting.IsListed).Select(setting => $"  {setting.Name,-36}{setting.Default}".TrimEnd()))}

        And those of ASP.NET (Kestrel:…, Logging:…) and of OpenTelemetry (OTEL_…). README.md says what each is for; docs/operations.md and
        docs/security.md how to run it.
        """;
}
