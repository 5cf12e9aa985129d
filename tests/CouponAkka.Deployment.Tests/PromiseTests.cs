using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary><c>docs/promises.md</c> names, for each promise, the classes of the tests that have its trait, and on what they run.</summary>
public sealed partial class PromiseTests
{
    private const string AnyEngine = "any engine";
    private const string Standalone = "standalone";
    private const string Cluster = "cluster";
    private const string SharedCode = "shared code";

    private static readonly IReadOnlyList<TestClass> Classes =
    [
        .. from file in Directory.GetFiles(Repository.At("tests"), "*.cs", SearchOption.AllDirectories)
           where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
           from declared in ClassOf().Matches(File.ReadAllText(file))
           select new TestClass(
               Path.GetRelativePath(Repository.At("tests"), file).Split(Path.DirectorySeparatorChar)[0],
               declared.Groups["name"].Value,
               declared.Groups["head"].Value,
               [.. TraitOf().Matches(declared.Value).Select(trait => trait.Groups[1].Value).Distinct()]),
    ];

    private static readonly string[] Sections = Repository.Read("docs", "promises.md").Split("\n## ")[1..];

    private static readonly ILookup<string, Held> Said = (
        from section in Sections
        from line in LineOf().Matches(section)
        from name in NameOf().Matches(line.Groups["names"].Value)
        select new Held(NumberOf(section), line.Groups["on"].Value, name.Groups[1].Value)).ToLookup(said => said.Promise);

    private static readonly ILookup<string, Held> Marked = (
        from test in Classes
        from promise in test.Promises
        select new Held(promise, RunsOn(test), test.Name)).ToLookup(marked => marked.Promise);

    public static TheoryData<string> Numbers =>
        [.. Sections.Select(NumberOf).Union(Marked.Select(promise => promise.Key))];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void The_classes_that_the_page_names_are_those_with_the_trait(string promise)
    {
        string[] wrong =
        [
            .. Marked[promise].Except(Said[promise]).Select(missing => $"docs/promises.md lacks {missing}."),
            .. Said[promise].Except(Marked[promise]).Select(named => $"docs/promises.md names {named}, and no test there has the trait."),
        ];

        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_promise_is_tested_with_both_engines(string promise)
    {
        var runsOn = Marked[promise].Select(marked => marked.RunsOn).ToHashSet();

        Assert.True(
            runsOn.Contains(AnyEngine) || (runsOn.Contains(Standalone) && runsOn.Contains(Cluster)),
            $"Promise {promise} is tested with {string.Join(", ", runsOn)}.");
    }

    [Fact]
    public void No_test_says_its_promise_in_its_name() =>
        Assert.DoesNotContain(
            Directory.GetFiles(Repository.At("tests"), "*.cs", SearchOption.AllDirectories), file => NumberInAName().IsMatch(File.ReadAllText(file)));

    private static string NumberOf(string section) => section.Split('.', '\n')[0];

    private static string RunsOn(TestClass test) => test.Project switch
    {
        "CouponAkka.Standalone.Tests" => Standalone,
        "CouponAkka.Sharded.Tests" => Cluster,
        "CouponAkka.Engine.Specs" => (EnginesOf(test).Contains("StandaloneEngine"), EnginesOf(test).Contains("ClusterEngine")) switch
        {
            (true, true) => AnyEngine,
            (true, false) => Standalone,
            (false, true) => Cluster,
            _ => throw new InvalidOperationException($"{test.Name} runs with no engine: who derives from it?"),
        },
        _ => SharedCode,
    };

    // Those that its head names, those of its base class, and of the classes that close it over an engine.
    private static HashSet<string> EnginesOf(TestClass test) =>
    [
        .. Classes.Where(other => other == test || test.IsDerivedFrom(other) || other.IsDerivedFrom(test))
            .SelectMany(other => EngineOf().Matches(other.Head))
            .Select(engine => engine.Value),
    ];

    // A class of a file's namespace begins at the begin of a line, and ends where the next one does.
    [GeneratedRegex(@"^(?:public|internal) (?:\w+ )*class (?<name>\w+)(?<head>[^{;]*)(?:(?!^(?:public|internal) )[\s\S])*", RegexOptions.Multiline)]
    private static partial Regex ClassOf();

    [GeneratedRegex("""\[Trait\("Promise", "(\d+)"\)\]""")]
    private static partial Regex TraitOf();

    [GeneratedRegex(@"(?:Standalone|Cluster)Engine\b")]
    private static partial Regex EngineOf();

    [GeneratedRegex(@"^- (?<on>[^:]+): (?<names>(?:.*\n?)(?:  .*\n?)*)", RegexOptions.Multiline)]
    private static partial Regex LineOf();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex NameOf();

    [GeneratedRegex(@"\bPromises?_\d")]
    private static partial Regex NumberInAName();

    private sealed record Held(string Promise, string RunsOn, string Class)
    {
        public override string ToString() => $"{Class} of {RunsOn}";
    }

    private sealed record TestClass(string Project, string Name, string Head, IReadOnlyList<string> Promises)
    {
        public bool IsDerivedFrom(TestClass other) => Regex.IsMatch(Head, $@":\s+{other.Name}\b");
    }
}
