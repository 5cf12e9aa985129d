using CouponAkka.Engine.Specs.Engines;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

// What any engine promises, run against the cluster; ClusterFaultSpecs says what only this engine promises.
public sealed class ClusterIssuingSpecs(SharedEngine<ClusterEngine> shared, ITestOutputHelper report) : IssuingSpecs<ClusterEngine>(shared, report);

public sealed class ClusterCrashSpecs(ITestOutputHelper report) : CrashSpecs<ClusterEngine>(report);

public sealed class ClusterReadModelSpecs(ITestOutputHelper report) : ReadModelSpecs<ClusterEngine>(report);

public sealed class ClusterVendorSpecs(ITestOutputHelper report) : VendorSpecs<ClusterEngine>(report);

public sealed class ClusterShutdownSpecs(ITestOutputHelper report) : ShutdownSpecs<ClusterEngine>(report);
