using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary>docs/configuration.md has every setting that a program says it has, with its default, and no other.</summary>
public sealed partial class ConfigurationTests
{
    [Theory]
    [InlineData("S", "CouponAkka.Standalone")]
    [InlineData("N", "CouponAkka.Node")]
    [InlineData("E", "CouponAkka.Edge")]
    public async Task The_page_has_the_settings_of_a_program_and_their_defaults(string letter, string program)
    {
        var said = (await RunningProcess.RunAsync(Repository.Program(program, ["--help"]))).Succeeded();
        var listed = Listed().Matches(said[said.IndexOf("Settings, each", StringComparison.Ordinal)..])
            .Select(line => (line.Groups["name"].Value, line.Groups["default"].Value));

        Assert.NotEmpty(listed);
        Assert.Equal(listed.Order(), Documented(letter).Order());
    }

    [Fact]
    public void What_a_setting_is_for_is_said_and_a_password_is_a_secret()
    {
        foreach (Match row in Row().Matches(Repository.Read("docs", "configuration.md")))
        {
            Assert.NotEqual("", row.Groups["for"].Value);
            Assert.Equal(SecretName().IsMatch(row.Groups["name"].Value), row.Groups["secret"].Value == "yes");
        }
    }

    // A default is everybody's, or each program's: "N: `8110`, E: `0`".
    private static IEnumerable<(string Name, string Default)> Documented(string letter) =>
        from Match row in Row().Matches(Repository.Read("docs", "configuration.md"))
        where row.Groups["of"].Value.Split(' ').Contains(letter)
        let defaults = row.Groups["default"].Value
        let own = Regex.Match(defaults, $"{letter}: `([^`]*)`")
        select (row.Groups["name"].Value, own.Success ? own.Groups[1].Value : defaults.Trim('`'));

    [GeneratedRegex(@"^\| `(?<name>[A-Za-z:-]+)` \| ?(?<default>.*?) ?\| (?<of>[SNE ]+) \| ?(?<secret>yes|) ?\| (?<for>.+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^  (?<name>[A-Za-z:-]+)(?: +(?<default>\S+))?$", RegexOptions.Multiline)]
    private static partial Regex Listed();

    [GeneratedRegex("ConnectionStrings|Password|ApiKey")]
    private static partial Regex SecretName();
}
