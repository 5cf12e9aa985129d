using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace CouponAkka.Architecture.Tests;

/// <summary>The projects of <c>src</c> as they were built with these tests.</summary>
internal static class Build
{
    public static IEnumerable<string> Projects =>
        Directory.GetDirectories(Repository.At("src")).Select(directory => Path.GetFileName(directory)).Order(StringComparer.Ordinal);

    /// <summary>The assemblies that a project's code names, and the projects and packages that it asks for, even where its code names none of them.</summary>
    public static IReadOnlySet<string> ReferencesOf(string project) => Named(project).Concat(AskedFor(project)).ToHashSet();

    private static IEnumerable<string> Named(string project)
    {
        using var file = new PEReader(File.OpenRead(Repository.AssemblyOf(project)));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static IEnumerable<string> AskedFor(string project)
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.BuildOf(project), $"{project}.deps.json")));
        var own = dependencies.RootElement.GetProperty("targets").EnumerateObject().First().Value.EnumerateObject()
            .Single(library => library.Name.StartsWith($"{project}/", StringComparison.Ordinal)).Value;
        return own.TryGetProperty("dependencies", out var direct) ? [.. direct.EnumerateObject().Select(dependency => dependency.Name)] : [];
    }
}
