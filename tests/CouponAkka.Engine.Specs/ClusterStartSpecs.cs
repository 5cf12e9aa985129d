namespace CouponAkka.Engine.Specs;

/// <summary>A wrong or missing setting stops a program of the cluster at once, with one line that says which.</summary>
public sealed class ClusterStartSpecs
{
    private const string NobodyListens = "--ConnectionStrings:Coupons=Server=127.0.0.1;Port=1;Database=coupons;User ID=nobody";

    [Theory]
    [InlineData("Node", "Akka:SeedNodes: 'nonsense'", NobodyListens, "--Akka:SeedNodes=nonsense")]
    [InlineData("Node", "Port", NobodyListens, "--Akka:Port=70000")]
    [InlineData("Node", "ConnectionStrings:Coupons is missing")]
    [InlineData("Node", "names no Database", "--ConnectionStrings:Coupons=Server=127.0.0.1")]
    [InlineData("Node", "127.0.0.1:1 can't be used", NobodyListens)]
    [InlineData("Node", "ConnectionStrings:Coupons is missing", "--migrate")]
    [InlineData("Node", "127.0.0.1:1 can't be used", "--rebuild", NobodyListens)]
    [InlineData("Edge", "Akka:Roles: 'coupn'", NobodyListens, "--Akka:Roles=edge,coupn")]
    [InlineData("Edge", "127.0.0.1:1 can't be used", NobodyListens)]
    [InlineData("Edge", "AnswerTimeoutSeconds", NobodyListens, "--Edge:AnswerTimeoutSeconds=0")]
    [InlineData("Node", "There is no argument --Akka:Prot. Is --Akka:Port meant?", NobodyListens, "--Akka:Prot=8110")]
    [InlineData("Node", "There is no argument --dta", "--migrate", NobodyListens, "--dta", "x")]
    [InlineData("Edge", "There is no argument 'start'", NobodyListens, "start")]
    [InlineData("Edge", "There is no argument --migrate", NobodyListens, "--migrate")]
    public async Task A_wrong_setting_stops_the_start_with_one_clear_line(string program, string says, params string[] arguments)
    {
        using var process = RunningProcess.Start(Repository.Program($"CouponAkka.{program}", arguments));

        var exitCode = await process.ExitedAsync(Eventually.Deadline);

        Assert.Equal(1, exitCode);
        var line = Assert.Single(process.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(says, line, StringComparison.Ordinal);
    }
}
