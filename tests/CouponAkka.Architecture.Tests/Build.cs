using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Architecture.Tests;

/// <summary>The projects of <c>src</c> as they were built with these tests.</summary>
internal static class Build
{
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static IEnumerable<string> Projects =>
        Directory.GetDirectories(Path.Combine(RepositoryRoot.Path, "src")).Select(directory => Path.GetFileName(directory)).Order(StringComparer.Ordinal);

    /// <summary>The folder that a project is built into.</summary>
    public static string FolderOf(string project) => Path.Combine(RepositoryRoot.Path, "src", project, "bin", Configuration, "net10.0");

    /// <summary>The assemblies that a project's code names, and the projects and packages that it asks for, even where its code names none of them.</summary>
    public static IReadOnlySet<string> ReferencesOf(string project) => Named(project).Concat(AskedFor(project)).ToHashSet();

    private static IEnumerable<string> Named(string project)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(FolderOf(project), $"{project}.dll")));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static IEnumerable<string> AskedFor(string project)
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(FolderOf(project), $"{project}.deps.json")));
        var own = dependencies.RootElement.GetProperty("targets").EnumerateObject().First().Value.EnumerateObject()
            .Single(library => library.Name.StartsWith($"{project}/", StringComparison.Ordinal)).Value;
        return own.TryGetProperty("dependencies", out var direct) ? [.. direct.EnumerateObject().Select(dependency => dependency.Name)] : [];
    }
}
