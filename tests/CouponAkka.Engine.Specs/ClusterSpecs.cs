using CouponAkka.Engine.Specs.Engines;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

// What any engine promises, run against the cluster; ClusterFaultSpecs says what only this engine promises.
public sealed class ClusterIssuingSpecs(SharedEngine<ClusterEngine> shared, ITestOutputHelper report) : IssuingSpecs<ClusterEngine>(shared, report);

public sealed class ClusterCrashSpecs(ITestOutputHelper report) : CrashSpecs<ClusterEngine>(report);

public sealed class ClusterReadModelSpecs(ITestOutputHelper report) : ReadModelSpecs<ClusterEngine>(report);

public sealed class ClusterVendorSpecs(ITestOutputHelper report) : VendorSpecs<ClusterEngine>(report);

public sealed class ClusterOrderSpecs(ITestOutputHelper report) : OrderSpecs<ClusterEngine>(report)
{
    // All of them, one node, the database, all of them again.
    protected override Task HitAsync(int time) => (time % 3) switch
    {
        1 => base.HitAsync(time),
        2 => RestartAsync(Engine.Nodes[time % Engine.Nodes.Count]),
        _ => RestartAsync("db"),
    };

    private async Task RestartAsync(string name)
    {
        await Engine.CommandAsync("kill", name);
        await Engine.CommandAsync("restart", name);
    }
}

public sealed class ClusterNotificationSpecs(ITestOutputHelper report) : NotificationSpecs<ClusterEngine>(report)
{
    // The oldest node is the one that numbers.
    protected override async Task OneNodeFailsAsync(Func<Task> ask)
    {
        var oldest = await Engine.OldestAsync();
        var asking = ask();
        await Engine.CommandAsync("kill", oldest);
        await asking;
        await Engine.CommandAsync("restart", oldest);
    }
}

public sealed class ClusterShutdownSpecs(ITestOutputHelper report) : ShutdownSpecs<ClusterEngine>(report);
