using System.Diagnostics;

namespace CouponAkka.Testing;

/// <summary>The repository that the tests were built in: its files, and its programs as they were built with the tests.</summary>
public static class Repository
{
    private const string AdminKey = "Admin__ApiKey";

    public static string Root { get; } = Find();

    /// <summary>The configuration of the build, <c>Debug</c> or <c>Release</c>.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string At(params string[] path) => Path.Combine([Root, .. path]);

    public static string Read(params string[] path) => File.ReadAllText(At(path));

    /// <summary>The folder that a project of <c>src</c> is built into.</summary>
    public static string BuildOf(string project) => At("src", project, "bin", Configuration, "net10.0");

    /// <summary>The assembly of a project of <c>src</c>, which <c>dotnet</c> runs if it is a program.</summary>
    /// <exception cref="FileNotFoundException">It is not built.</exception>
    public static string AssemblyOf(string project) => Path.Combine(BuildOf(project), $"{project}.dll") is var assembly && File.Exists(assembly)
        ? assembly
        : throw new FileNotFoundException($"{assembly} is not there: build it in this configuration first.", assembly);

    /// <summary>How a program of ours is started; with no admin key unless one is named here: so admin calls are taken from loopback.</summary>
    /// <param name="project">Its project in <c>src</c>.</param>
    /// <param name="arguments">Its own.</param>
    /// <param name="environment">What it finds there beside what this process has.</param>
    public static ProcessStartInfo Program(
        string project, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        var start = Command("dotnet", [AssemblyOf(project), .. arguments], BuildOf(project), environment);
        if (environment?.Any(variable => variable.Key == AdminKey) != true)
            start.Environment.Remove(AdminKey);
        return start;
    }

    /// <summary>How a command is run, in the repository's folder unless another one is named.</summary>
    /// <inheritdoc cref="Program"/>
    public static ProcessStartInfo Command(
        string command, IEnumerable<string> arguments, string? folder = null, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        var start = new ProcessStartInfo(command, arguments) { WorkingDirectory = folder ?? Root };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        return start;
    }

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "CouponAkka.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests run outside the repository.");
        return directory;
    }
}
