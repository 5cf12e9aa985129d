using System.Text.Json;
using CouponAkka.Clients.Tests.Support;

namespace CouponAkka.Clients.Tests;

/// <summary>The linters that people run over a document before they build on it find nothing, not even to warn of.</summary>
[Trait("Needs", "Npm")]
public sealed class DocumentTests(Service service) : IClassFixture<Service>
{
    [Fact]
    public async Task Redocly_finds_nothing()
    {
        var linted = await Node.RunAsync("redocly", "lint", service.Document, "--config", Node.At("redocly.yaml"), "--format", "json");

        Assert.Equal("[]", JsonElement.Parse(linted.Output).GetProperty("problems").GetRawText());
    }

    [Fact]
    public async Task Spectral_finds_nothing()
    {
        var linted = await Node.RunAsync("spectral", "lint", service.Document, "--ruleset", Node.At("spectral.yaml"), "--format", "json", "--quiet");

        Assert.Equal("[]", linted.Output.Trim());
    }
}
