using System.Text.Json.Nodes;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an older version wrote is opened, answered from as it was, rebuilt, and gone on with.</summary>
public abstract class ReleasedDataSpecs<TEngine>(TEngine engine, string released, ITestOutputHelper report) : EngineSpecs<TEngine>(engine, report)
    where TEngine : IEngine
{
    private readonly JsonNode _expected = JsonNode.Parse(File.ReadAllText(Path.Combine(Directory, $"{released}.json")))!;

    protected static string Directory { get; } = Repository.At("tests", "CouponAkka.Engine.Specs", "Released");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task What_the_version_before_wrote_is_answered_as_it_was_and_issuing_goes_on()
    {
        Assert.Null(await FirstDifferenceAsync());

        await Engine.StopAsync();
        Engine.DiscardReadModel();
        await Engine.StartAsync();
        await Eventually.ReadAsync("the read model is as it was", FirstDifferenceAsync, difference => difference is null);

        // Of the open one without a total, one that is sold out, and somebody who has a unit of it.
        Assert.Equal(242, (await Client.IssueAsync(2, 99_999)).Issue!.Ticket);
        Assert.Equal(Outcome.SoldOut, (await Client.IssueAsync(1, 99_999)).Outcome);
        var holder = _expected["coupons"]!["1"]!["issues"]![0]!;
        var duplicate = await Client.IssueAsync(1, (long)holder["userId"]!);
        Assert.Equal(Outcome.Duplicate, duplicate.Outcome);
        Assert.Equal((long)holder["ticket"]!, duplicate.Issue!.Ticket);
    }

    private async Task<string?> FirstDifferenceAsync()
    {
        foreach (var (path, expected, member) in Questions())
        {
            var answer = await Client.ReadAsync(path);
            if (!JsonNode.DeepEquals(expected, member is null ? answer : answer?[member]))
                return $"{path} was {expected.ToJsonString()} and is {answer?.ToJsonString()}";
        }

        return null;
    }

    private IEnumerable<(string Path, JsonNode Expected, string? Member)> Questions()
    {
        foreach (var (coupon, told) in _expected["coupons"]!.AsObject())
        {
            yield return ($"/coupons/{coupon}/status", told!["status"]!, null);
            yield return ($"/coupons/{coupon}", told["coupon"]!, null);
            yield return ($"/coupons/{coupon}/issues?limit=1000", told["issues"]!, "items");
        }

        foreach (var (user, held) in _expected["users"]!.AsObject())
            yield return ($"/users/{user}/coupons?limit=200", held!, "items");
    }
}

public sealed class StandaloneReleasedDataSpecs(ITestOutputHelper report) : ReleasedDataSpecs<StandaloneEngine>(new StandaloneEngine(), "standalone", report)
{
    public override Task InitializeAsync()
    {
        var written = new DirectoryInfo(Path.Combine(Directory, "standalone"));
        foreach (var file in written.GetFiles("*", SearchOption.AllDirectories))
        {
            var copy = new FileInfo(Engine.Data.In(Path.GetRelativePath(written.FullName, file.FullName)));
            copy.Directory!.Create();
            file.CopyTo(copy.FullName);
        }

        return Engine.StartAsync();
    }
}

public sealed class ClusterReleasedDataSpecs(ITestOutputHelper report)
    : ReleasedDataSpecs<ClusterEngine>(new ClusterEngine { FirstNodes = 1, FirstEdges = 1 }, "cluster", report)
{
    public override async Task InitializeAsync()
    {
        await Engine.RestoreAsync(Path.Combine(Directory, "cluster.sql"));
        await Engine.StartAsync();
    }
}
