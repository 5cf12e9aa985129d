using CouponAkka.Clients.Tests.Support;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace CouponAkka.Clients.Tests;

/// <summary>
/// Clients that are generated from the OpenAPI document compile and work: each creates a coupon, changes its title, issues, is told what is held
/// already, and uses; reads back the times that it sent, and leaves out what may be left out.
/// </summary>
public sealed class GeneratedClientTests(Service service) : IClassFixture<Service>
{
    [Fact]
    public async Task A_client_that_Kiota_generates_works()
    {
        var folder = service.NewFolder("kiota");
        var tests = Repository.At("tests", "CouponAkka.Clients.Tests");
        await RunAsync(tests, "dotnet", "tool", "restore");
        await RunAsync(
            tests,
            "dotnet",
            [
                "kiota", "generate", "--language", "CSharp", "--openapi", service.Document, "--output", Path.Combine(folder.FullName, "Generated"),
                "--namespace-name", "Generated", "--class-name", "CouponClient",
                .. FromKiotaOnly("--serializer", "JsonSerializationWriterFactory", "TextSerializationWriterFactory"),
                .. FromKiotaOnly("--deserializer", "JsonParseNodeFactory", "TextParseNodeFactory"),
            ]);

        Says(await BuildAndRunAsync(folder, "Kiota.cs", "Microsoft.Kiota.*", "Std.UriTemplate", "Microsoft.IO.RecyclableMemoryStream"));

        static string[] FromKiotaOnly(string option, params string[] types) =>
            [.. types.SelectMany(type => (string[])[option, $"Microsoft.Kiota.Serialization.{type[..4]}.{type}"])];
    }

    [Fact]
    public async Task A_client_that_NSwag_generates_works()
    {
        var folder = service.NewFolder("nswag");
        var generator = new CSharpClientGenerator(await OpenApiDocument.FromFileAsync(service.Document), new()
        {
            ClassName = "CouponClient",
            ExceptionClass = "CouponException",
            GenerateOptionalParameters = true,
            CSharpGeneratorSettings = { Namespace = "Generated", GenerateNullableReferenceTypes = true, GenerateOptionalPropertiesAsNullable = true },
        });
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Generated.cs"), generator.GenerateFile());

        Says(await BuildAndRunAsync(folder, "NSwag.cs", "Newtonsoft.Json"));
    }

    [Fact]
    [Trait("Needs", "Npm")]
    public async Task A_client_that_hey_api_generates_works()
    {
        var folder = service.NewFolder("heyapi").FullName;
        (await Node.RunAsync("openapi-ts", "--input", service.Document, "--output", Path.Combine(folder, "generated"), "--client", "@hey-api/client-fetch"))
            .Succeeded();
        var scenario = Path.Combine(folder, "scenario.ts");
        File.Copy(Repository.At("tests", "CouponAkka.Clients.Tests", "scenarios", "heyapi.ts"), scenario);
        (await Node.RunAsync("tsc", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "commonjs", scenario)).Succeeded();

        Says(await RunAsync(folder, "node", Path.Combine(folder, "scenario.js"), service.Url, Service.Key, $"{Service.NewCouponId()}"));
    }

    private static void Says(string said) => Assert.Equal(
        """
        without a key: 401 UNAUTHENTICATED
        created: Opening day, 3 units, 2020-01-01T00:00:00.123Z to 2100-01-01T00:00:00.456Z
        renamed: Closing day, 3 units, 2020-01-01T00:00:00.123Z to 2100-01-01T00:00:00.456Z
        issued: ticket 1, OPEN, 2 left, used: never
        again: 409 DUPLICATED_COUPON_ISSUE, ticket 1, the same time: true
        used: after it was issued: true, found so: true
        used for no order: true
        """,
        said.Replace("True", "true"));

    // Built with what the tests were built with, so nothing is asked of the gallery.
    private async Task<string> BuildAndRunAsync(DirectoryInfo folder, string scenario, params string[] packages)
    {
        File.Copy(Repository.At("tests", "CouponAkka.Clients.Tests", "scenarios", scenario), Path.Combine(folder.FullName, "Program.cs"));
        var references = packages.Select(package => $"""<Reference Include="{AppContext.BaseDirectory}{package}.dll" />""");
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "Client.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>{string.Concat(references)}</ItemGroup>
            </Project>
            """);
        await RunAsync(folder.FullName, "dotnet", "build", "--nologo", "--verbosity", "quiet", "--output", "bin/run");
        return await RunAsync(folder.FullName, "dotnet", "bin/run/Client.dll", service.Url, Service.Key, $"{Service.NewCouponId()}");
    }

    private static async Task<string> RunAsync(string folder, string command, params string[] arguments) =>
        (await RunningProcess.RunAsync(Repository.Command(command, arguments, folder))).Succeeded();
}
