using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

// What any engine promises, run against the one-process engine; and what only this engine promises.
public sealed class StandaloneIssuingSpecs(SharedEngine<StandaloneEngine> shared, ITestOutputHelper report)
    : IssuingSpecs<StandaloneEngine>(shared, report);

public sealed class StandaloneCrashSpecs(ITestOutputHelper report) : CrashSpecs<StandaloneEngine>(report);

public sealed class StandaloneReadModelSpecs(ITestOutputHelper report) : ReadModelSpecs<StandaloneEngine>(report);

public sealed class StandaloneVendorSpecs(ITestOutputHelper report) : VendorSpecs<StandaloneEngine>(report);

public sealed class StandaloneOrderSpecs(ITestOutputHelper report) : OrderSpecs<StandaloneEngine>(report);
public sealed class StandaloneNotificationSpecs(ITestOutputHelper report) : NotificationSpecs<StandaloneEngine>(report);

public sealed class StandaloneShutdownSpecs(ITestOutputHelper report) : ShutdownSpecs<StandaloneEngine>(report);

public sealed class StandaloneDataSpecs(SharedEngine<StandaloneEngine> shared, ITestOutputHelper report)
    : SharedEngineSpecs<StandaloneEngine>(shared, report)
{
    [Fact]
    [Trait("Promise", "19")]
    public async Task A_second_process_on_the_same_data_is_refused_with_a_clear_message_and_the_first_goes_on()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd());
        using var enough = new CancellationTokenSource();
        var second = StartSecondAsync();

        await crowd.AskAsync(Client, atOnce: 8, heard: null, enough.Token);

        var (exitCode, output) = await second;
        Assert.NotEqual(0, exitCode);
        Assert.Contains(Engine.Data.Path, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(Outcome.Issued, (await Client.IssueAsync(crowd.CouponId, 1_000_000_000)).Outcome);

        async Task<(int ExitCode, string Output)> StartSecondAsync()
        {
            try
            {
                using var process = Engine.StartProcess(Ports.FreeAddress());
                return (await process.ExitedAsync(Eventually.Deadline), process.Log);
            }
            finally
            {
                await enough.CancelAsync();
            }
        }
    }
}
