using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary>Who looks for a page finds it: the indexes name every page, and links lead somewhere.</summary>
public sealed partial class PapersTests
{
    public static TheoryData<string> Pages =>
    [
        .. Directory.GetFiles(Repository.At(), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.At(), file).Replace('\\', '/'))
            .Where(file => !InstalledFolder().IsMatch(file)),
    ];

    [Theory]
    [InlineData("docs")]
    [InlineData("docs/adr")]
    public void The_index_of_a_folder_names_everything_in_it(string folder)
    {
        var index = Repository.Read(folder, "README.md");
        foreach (var entry in Directory.GetFileSystemEntries(Repository.At(folder)).Select(Path.GetFileName).Where(entry => entry != "README.md"))
            Assert.True(LinksOf(index).Any(to => to.Split('/')[0] == entry), $"{folder}/README.md does not name {entry}.");
    }

    [Fact]
    public void The_index_of_decisions_gives_each_its_number_and_title()
    {
        var index = Repository.Read("docs", "adr", "README.md");
        foreach (var file in Directory.GetFiles(Repository.At("docs", "adr"), "0*.md"))
        {
            var heading = File.ReadLines(file).First()[2..].Split(". ", 2);
            Assert.Contains($"\n| {heading[0]} | [{heading[1]}]({Path.GetFileName(file)}) | ", index, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_to_a_page_of_ours_leads_somewhere(string page)
    {
        foreach (var to in LinksOf(Repository.Read(page)).Where(to => !to.Contains("://", StringComparison.Ordinal)))
        {
            var (file, anchor) = to.Split('#') is [var path, var heading] ? (path, heading) : (to, null);
            var target = file.Length == 0 ? Repository.At(page) : Path.GetFullPath(Path.Combine(Repository.At(page), "..", file));
            Assert.True(Path.Exists(target), $"{page}: there is no {to}.");
            if (anchor is not null)
                Assert.True(AnchorsOf(File.ReadAllText(target)).Contains(anchor), $"{page}: there is no heading for {to}.");
        }
    }

    private static IEnumerable<string> LinksOf(string text) => LinkOf().Matches(text).Select(link => link.Groups["to"].Value);

    // As GitHub makes them.
    private static IEnumerable<string> AnchorsOf(string text) =>
        HeadingOf().Matches(text).Select(heading => NotInAnchors().Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules)/")]
    private static partial Regex InstalledFolder();

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)")]
    private static partial Regex LinkOf();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex HeadingOf();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
