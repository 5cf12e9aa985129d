namespace CouponAkka.Architecture.Tests;

/// <summary>Which project may know which: what is not written here is not allowed.</summary>
public sealed class ProjectTests
{
    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["CouponAkka.Domain"] = [],
        ["CouponAkka.Contracts"] = ["CouponAkka.Domain"],
        ["CouponAkka.Engine"] = ["CouponAkka.Domain", "CouponAkka.Contracts"],
        ["CouponAkka.Hosting"] = ["CouponAkka.Domain", "CouponAkka.Contracts", "CouponAkka.Engine"],
        ["CouponAkka.Api"] = ["CouponAkka.Domain", "CouponAkka.Engine", "CouponAkka.Hosting"],
        ["CouponAkka.Sharded"] = ["CouponAkka.Domain", "CouponAkka.Contracts", "CouponAkka.Engine"],
        // An engine and its program in one: RoomTests hold them apart.
        ["CouponAkka.Standalone"] = ["CouponAkka.Domain", "CouponAkka.Contracts", "CouponAkka.Engine", "CouponAkka.Hosting", "CouponAkka.Api"],
        ["CouponAkka.Node"] = ["CouponAkka.Domain", "CouponAkka.Contracts", "CouponAkka.Engine", "CouponAkka.Hosting", "CouponAkka.Sharded"],
        ["CouponAkka.Edge"] =
            ["CouponAkka.Domain", "CouponAkka.Contracts", "CouponAkka.Engine", "CouponAkka.Hosting", "CouponAkka.Api", "CouponAkka.Sharded"],
    };

    public static TheoryData<string> Projects => [.. Build.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_knows_those_below_it_and_no_other(string project) =>
        Violations.None(Build.ReferencesOf(project).Where(Is("CouponAkka")).Except(MayKnow[project]));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_the_sharded_engine_and_its_programs_know_Akka_and_MySQL(string project)
    {
        if (project is not ("CouponAkka.Sharded" or "CouponAkka.Node" or "CouponAkka.Edge"))
            Violations.None(Build.ReferencesOf(project).Where(Is("Akka", "linq2db", "MySqlConnector", "Petabridge")));
    }

    [Fact]
    public void The_domain_knows_nothing_but_the_base_library() =>
        Violations.None(Build.ReferencesOf("CouponAkka.Domain").Where(name => !Is("System")(name)));

    [Theory]
    [InlineData("CouponAkka.Domain")]
    [InlineData("CouponAkka.Contracts")]
    [InlineData("CouponAkka.Engine")]
    [InlineData("CouponAkka.Sharded")]
    public void Below_the_API_and_the_programs_nobody_knows_HTTP(string project) =>
        Violations.None(Build.ReferencesOf(project).Where(Is("Microsoft.AspNetCore", "Microsoft.OpenApi", "Swashbuckle", "System.Net.Http")));

    [Fact]
    public void A_node_is_deployed_without_the_API_and_its_pages() =>
        Violations.None(Directory.EnumerateFiles(Repository.BuildOf("CouponAkka.Node"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(file))
            .Where(Is(
                "CouponAkka.Api", "Swashbuckle", "Microsoft.AspNetCore.OpenApi", "Microsoft.OpenApi", "Microsoft.AspNetCore.Authentication", "index.html")));

    // "Akka" is Akka and Akka.Cluster, not Akkanaut.
    private static Func<string, bool> Is(params string[] families) =>
        name => families.Any(family => name == family || name.StartsWith(family + ".", StringComparison.Ordinal));
}
