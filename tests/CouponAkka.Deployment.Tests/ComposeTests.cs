using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace CouponAkka.Deployment.Tests;

/// <summary>Our containers, up by Compose: they issue, and get over what happens to containers.</summary>
[Collection(ContainersGroup.Name)]
[Trait("Needs", "Docker")]
public sealed partial class ComposeTests(DockerEngine engine, ComposeCluster cluster, ITestOutputHelper report) : IClassFixture<ComposeCluster>
{
    private static readonly string[] Nodes = ["node-1", "node-2", "node-3"];

    [Fact]
    public async Task Fifty_of_sixty_people_get_one_of_fifty_units_and_ten_are_told_that_they_are_gone()
    {
        var sale = await SellAsync(total: 50, people: 60);
        var answers = await Task.WhenAll(Sale.People(60).Select(user => cluster.Edge.TryIssueAsync(sale.Coupon, user)));

        var issued = answers.Where(answer => answer!.IsIssued).ToList();
        Assert.Equal(Enumerable.Range(1, 50).Select(ticket => (long?)ticket), issued.Select(answer => answer!.Ticket).Order());
        Assert.All(answers.Except(issued), answer => Assert.Equal((409, Sale.SoldOut), (answer!.Status, answer.Code)));
    }

    [Theory]
    [InlineData("standalone", "Standalone")]
    [InlineData("node", "Node")]
    [InlineData("edge", "Edge")]
    public async Task An_image_is_of_the_version_that_it_was_told_and_runs_as_nobody_in_particular(string image, string program)
    {
        var name = $"couponakka/{image}:local";

        Assert.StartsWith($"CouponAkka.{program} {DockerEngine.Version}", await engine.RunAsync("run", "--rm", "--read-only", name, "--version"));
        Assert.Equal(
            $"{DockerEngine.Version} couponakka-{image} 1654",
            await engine.RunAsync(
                "inspect",
                "--format",
                """{{index .Config.Labels "org.opencontainers.image.version"}} {{index .Config.Labels "org.opencontainers.image.title"}} {{.Config.User}}""",
                name));
    }

    [Fact]
    public async Task The_standalone_container_issues_and_keeps_what_it_issued()
    {
        await engine.RunAsync("compose", "up", "--detach", "--no-build", "--wait", "standalone");
        try
        {
            using (var http = await cluster.ClientAsync("standalone"))
            {
                await http.CreateCouponAsync(1, total: 1);
                Assert.Equal(1, (await http.TryIssueAsync(1, userId: 7))!.Ticket);
            }

            await engine.RunAsync("compose", "stop", "standalone");
            Assert.Equal(0, await cluster.ExitCodeAsync("standalone"));
            await engine.RunAsync("compose", "up", "--detach", "--no-build", "--wait", "standalone");
            using var again = await cluster.ClientAsync("standalone");
            Assert.Equal((Sale.HeldAlready, 1), await again.TryIssueAsync(1, userId: 7) is { } held ? (held.Code, held.Ticket) : default);
        }
        finally
        {
            await engine.RunAsync("compose", "--profile", "standalone", "rm", "--stop", "--force", "--volumes", "standalone");
        }
    }

    [Fact]
    public async Task What_a_backup_holds_is_there_after_the_database_was_dropped_and_restored_as_the_page_says()
    {
        var section = Repository.Read("docs", "operations.md").Split("\n## Backup and restore\n")[1];
        var blocks = ShellBlock().Matches(section).Select(block => block.Groups[1].Value).ToList();
        var (backup, restore) = (blocks[0], blocks[1]);
        var sale = await SellAsync(total: 50, people: 60);
        await sale.AskAsync(20);
        await engine.ShellAsync(backup);
        var held = sale.Tickets();

        await engine.ShellAsync(restore);
        report.WriteLine($"All healthy {(await cluster.HealthyAsync()).TotalSeconds:f0} s after a restore.");

        await sale.AskAsync(60);
        sale.NobodyWasToldALie();
        Assert.Equal(held, sale.Tickets().Where(ticket => held.ContainsKey(ticket.Key)).ToDictionary());
        // The read model was made from the journal too.
        await Eventually.ReadAsync(
            "the read model shows 50",
            () => cluster.Edge.GetStringAsync($"/coupons/{sale.Coupon}"),
            coupon => coupon.Contains("\"issuedQuantity\":50", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_node_that_is_killed_under_load_makes_no_answer_a_lie_and_all_coupons_are_served_again()
    {
        var sales = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => SellAsync(total: 150, people: 200)));
        foreach (var killed in Nodes)
        {
            using var stop = new CancellationTokenSource();
            var load = Task.WhenAll(sales.Select(sale => sale.AskUntilAsync(stop.Token)));
            try
            {
                await Eventually.HoldsAsync(() => sales.All(sale => sale.Decided > 0));
                await engine.RunAsync("kill", await engine.RunAsync("compose", "ps", "--quiet", killed));
                // Each coupon decides something again, whichever node it was on.
                var before = sales.Select(sale => sale.Decided).ToArray();
                await Eventually.HoldsAsync(() => sales.Index().All(sale => sale.Item.Decided > before[sale.Index]));
            }
            finally
            {
                await stop.CancelAsync();
                await load;
            }

            await engine.RunAsync("compose", "start", killed);
            report.WriteLine($"All healthy {(await cluster.HealthyAsync()).TotalSeconds:f0} s after {killed} was started again.");
        }

        foreach (var sale in sales)
        {
            await sale.AskAsync(200);
            sale.NobodyWasToldALie();
        }
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task When_all_nodes_were_stopped_and_started_the_edge_serves_again_by_itself()
    {
        var sale = await SellAsync(total: 50, people: 60);
        await sale.AskAsync(20);
        await engine.RunAsync(["compose", "stop", .. Nodes]);
        foreach (var node in Nodes)
            Assert.Equal(0, await cluster.ExitCodeAsync(node));

        await engine.RunAsync(["compose", "start", .. Nodes]);
        report.WriteLine($"All healthy {(await cluster.HealthyAsync()).TotalSeconds:f0} s after all nodes were started again.");
        await sale.AskAsync(60);
        sale.NobodyWasToldALie();
    }

    private Task<Sale> SellAsync(int total, int people) => Sale.OpenAsync(() => cluster.Edge, total, people);

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}
