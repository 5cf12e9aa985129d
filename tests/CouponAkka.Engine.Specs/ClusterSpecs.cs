using CouponAkka.Engine.Specs.Engines;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

// What any engine promises, run against the cluster; ClusterFaultSpecs says what only this engine promises.
[Trait(ClusterSpecs.Half, ClusterSpecs.Cluster)]
public sealed class ClusterIssuingSpecs(SharedEngine<ClusterEngine> shared, ITestOutputHelper report) : IssuingSpecs<ClusterEngine>(shared, report);

[Trait(ClusterSpecs.Half, ClusterSpecs.Cluster)]
public sealed class ClusterCrashSpecs(ITestOutputHelper report) : CrashSpecs<ClusterEngine>(report);

[Trait(ClusterSpecs.Half, ClusterSpecs.Cluster)]
public sealed class ClusterReadModelSpecs(ITestOutputHelper report) : ReadModelSpecs<ClusterEngine>(report);

[Trait(ClusterSpecs.Half, ClusterSpecs.Cluster)]
public sealed class ClusterShutdownSpecs(ITestOutputHelper report) : ShutdownSpecs<ClusterEngine>(report);

/// <summary>The trait of specs that need the packages of the cluster: <c>--filter Half!=Cluster</c> leaves them out.</summary>
internal static class ClusterSpecs
{
    public const string Half = "Half";
    public const string Cluster = "Cluster";
}
