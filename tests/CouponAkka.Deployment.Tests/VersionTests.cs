using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary>The programs, the OpenAPI document and the label of an image name one version; without history there is one too.</summary>
public sealed partial class VersionTests
{
    private const string OfSources = "0.0.0-source";

    [Fact]
    public async Task Every_program_and_the_OpenAPI_document_say_the_same_version()
    {
        using var data = new TempDirectory();
        using var server = await StandaloneServer.StartAsync(data.Path);
        var document = JsonElement.Parse(await server.Http.GetStringAsync("/openapi/v1.json"));
        var version = document.GetProperty("info").GetProperty("version").GetString();

        Assert.Matches(SemanticVersion(), version);
        foreach (var name in (string[])["CouponAkka.Standalone", "CouponAkka.Node", "CouponAkka.Edge"])
        {
            Assert.Equal($"{name} {version}", (await RunningProcess.RunAsync(Repository.Program(name, ["--version"]))).Succeeded());
        }
    }

    [Fact]
    public void An_image_is_labelled_with_the_version_that_its_programs_are_built_with()
    {
        var dockerfile = Repository.Read("Dockerfile");

        // Once where they are built, once where they are labelled: an argument of Docker ends with its stage.
        Assert.Equal([OfSources, OfSources], ArgumentOf().Matches(dockerfile).Select(argument => argument.Groups[1].Value));
        Assert.Contains("LABEL org.opencontainers.image.version=$MinVerVersionOverride\n", dockerfile);
    }

    [Theory]
    [InlineData("", OfSources)]
    [InlineData("1.2.3-rc.1", "1.2.3-rc.1")]
    public async Task Sources_without_their_history_build_without_a_warning_and_say_the_version_that_they_are_told(string told, string version)
    {
        const string project = "CouponAkka.Domain";
        using var sources = new TempDirectory();
        foreach (var file in (string[])["global.json", "Directory.Build.props", "Directory.Packages.props"])
            File.Copy(Repository.At(file), sources.In(file));
        foreach (var file in Directory.GetFiles(Repository.At("src", project), "*.cs*", SearchOption.AllDirectories).Where(IsSource))
        {
            var copy = sources.In(Path.GetRelativePath(Repository.At("src"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        (await RunningProcess.RunAsync(Repository.Command(
            "dotnet",
            ["build", project, "--output", "built"],
            sources.Path,
            new Dictionary<string, string> { ["CouponAkkaWarningsAsErrors"] = "true", ["MinVerVersionOverride"] = told }))).Succeeded();

        Assert.Equal(version, FileVersionInfo.GetVersionInfo(sources.In($"built/{project}.dll")).ProductVersion);
    }

    private static bool IsSource(string file) => !BuiltFolder().IsMatch(file);

    [GeneratedRegex(@"^\d+\.\d+\.\d+(-[0-9a-z.-]+)?(\+[0-9a-z.-]+)?$")]
    private static partial Regex SemanticVersion();

    [GeneratedRegex(@"^ARG MinVerVersionOverride=(.*)$", RegexOptions.Multiline)]
    private static partial Regex ArgumentOf();

    [GeneratedRegex(@"[\\/](bin|obj)[\\/]")]
    private static partial Regex BuiltFolder();
}
