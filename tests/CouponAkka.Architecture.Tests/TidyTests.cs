using System.Text.RegularExpressions;

namespace CouponAkka.Architecture.Tests;

/// <summary>
/// What every file keeps to. A file that does not yet is named in <c>NotYet.txt</c>, by the rule: who tidies it takes it off, and none is added.
/// </summary>
public sealed partial class TidyTests
{
    // As .editorconfig has it, which no tool enforces.
    private const int MaxLineLength = 160;

    private static readonly IReadOnlyList<Source> Sources =
    [
        .. from folder in (string[])["src", "tests"]
           from path in Directory.EnumerateFiles(Repository.At(folder), "*.cs", SearchOption.AllDirectories)
           let name = Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')
           where !NotOurs().IsMatch(name)
           orderby name
           select new Source(name, File.ReadAllText(path)),
    ];

    private static readonly ILookup<string, string> NotYet = File
        .ReadLines(Repository.At("tests", "CouponAkka.Architecture.Tests", "NotYet.txt"))
        .Where(line => line is not ("" or ['#', ..]))
        .Select(line => line.Split(' ', 2))
        .ToLookup(line => line[0], line => line[1]);

    [Fact]
    public void A_namespace_is_the_project_and_the_folder() => Holds("namespace", source =>
        Namespace().Match(source.Text) is { Success: true } match && match.Groups[1].Value != source.Folder ? match.Value : null);

    [Fact]
    public void A_line_is_read_without_scrolling() => Holds("line", source =>
        source.Text.Split('\n').Index().FirstOrDefault(line => line.Item.Length > MaxLineLength) is { Item: not null } line
            ? $"line {line.Index + 1} has {line.Item.Length} characters"
            : null);

    /// <summary>Whoever reads a log at night must not need docs/glossary.md for it.</summary>
    [Fact]
    public void A_log_line_is_written_in_words_of_the_field() => Holds("log", source => InSource(source) && LogLine().Matches(source.Text)
        .SelectMany(line => Text().Matches(line.Value)).FirstOrDefault(text => HouseWord().IsMatch(text.Value)) is { } text ? text.Value : null);

    [Fact]
    public void A_name_is_a_word_of_the_field() => Holds("name", source =>
        InSource(source) && HouseName().Match(NoCode().Replace(source.Text, "")) is { Success: true } name ? name.Value : null);

    [Theory]
    [InlineData("{Node} is taken for dead")]
    [InlineData("made anew from the journal")]
    [InlineData("its coupons wake elsewhere")]
    [InlineData("calls hear 503")]
    public void House_words_are_known(string line) => Assert.Matches(HouseWord(), line);

    private static void Holds(string rule, Func<Source, string?> complaint)
    {
        var untidy = Sources.Select(source => (source.Name, Complaint: complaint(source))).Where(source => source.Complaint is not null).ToList();
        Violations.None(untidy.Where(source => !NotYet[rule].Contains(source.Name)).Select(source => $"{source.Name}: {source.Complaint}"));
        Violations.None(NotYet[rule].Except(untidy.Select(source => source.Name)).Select(name => $"{name} keeps to the rule: take it off NotYet.txt"));
    }

    private static bool InSource(Source source) => source.Name.StartsWith("src/", StringComparison.Ordinal);

    private sealed record Source(string Name, string Text)
    {
        /// <summary>The folder as a namespace: the project is one.</summary>
        public string Folder => string.Join('.', Name.Split('/')[1..^1]);
    }

    // What a build leaves, and what belongs to the clients that tests generate.
    [GeneratedRegex(@"/(bin|obj|node_modules|scenarios)/")]
    private static partial Regex NotOurs();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // From where it begins to the end of the statement or of the attribute.
    [GeneratedRegex(@"(\[LoggerMessage\(.*?\)\]|\b_?log\.(Debug|Info|Warning|Error)\(.*?\);)", RegexOptions.Singleline)]
    private static partial Regex LogLine();

    [GeneratedRegex("""
        "[^"\n]*"
        """)]
    private static partial Regex Text();

    [GeneratedRegex(@"//[^\n]*|""[^""\n]*""")]
    private static partial Regex NoCode();

    [GeneratedRegex(@"\b(for dead|anew|wakes?|woken?|awake|asleep|sleeps?|rests|passed over|stands|hears?|trouble)\b", RegexOptions.IgnoreCase)]
    private static partial Regex HouseWord();

    [GeneratedRegex(@"\b\w*(ForDead|Anew|Awake|Wakes|Woken|Asleep|Rests|PassedOver|Stands|Hears)(?![a-z])\w*")]
    private static partial Regex HouseName();
}
