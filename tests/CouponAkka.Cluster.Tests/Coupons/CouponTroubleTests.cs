using CouponAkka.Cluster.Coupons;
using CouponAkka.Cluster.Database;
using CouponAkka.Cluster.Tests.Support;
using MySqlConnector;
using Xunit.Abstractions;

namespace CouponAkka.Cluster.Tests.Coupons;

/// <summary>Many coupons in one process, and trouble in the database that is one coupon's, or the connection's.</summary>
public sealed class CouponTroubleTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const long Troubled = 100;

    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(5);

    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    // Whatever ids they have: one after another, all equal modulo 16, anything.
    [Theory]
    [Trait("Promise", "10")]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(104_729)]
    public async Task Promise_10_a_locked_row_of_one_coupon_keeps_no_other_waiting(long apart)
    {
        long[] others = [.. Enumerable.Range(1, 15).Select(i => Troubled + (i * apart))];
        await using var crowd = await IssuingCrowd.StartAsync(_test.Database, WriteTimeout, [Troubled, .. others], people: 1);
        await crowd.IssueMoreAsync(50, others);
        var before = await crowd.MeasureAsync(TimeSpan.FromSeconds(4), others);

        await using var held = await HeldRow.TakeAsync(_test.Database, PersistenceId.Of(Troubled));
        var during = await crowd.MeasureAsync(TimeSpan.FromSeconds(8), others);
        var unknown = crowd.Unknown([Troubled]);
        await held.DisposeAsync();
        await crowd.IssueMoreAsync(10, [Troubled]);

        output.WriteLine($"Others: {before.Rate:0}/s, silent {before.Silence.TotalSeconds:0.00} s before; {during.Rate:0}/s, silent {during.Silence.TotalSeconds:0.00} s during. Unknown: {unknown} its own, {crowd.Unknown(others)} others'.");
        Assert.True(unknown > 0, "The row did not keep its own coupon waiting.");
        Assert.Equal(0, crowd.Unknown(others));
        Assert.InRange(during.Silence, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(during.Rate, 0.8 * before.Rate, double.MaxValue);
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task Promise_10_another_writers_rows_on_one_coupon_fail_no_write_of_another()
    {
        long[] others = [.. Enumerable.Range(1, 23).Select(i => Troubled + i)];
        await using var crowd = await IssuingCrowd.StartAsync(_test.Database, WriteTimeout, [Troubled, .. others], people: 1);
        await crowd.IssueMoreAsync(50, others);
        var before = await crowd.MeasureAsync(TimeSpan.FromSeconds(6), others);

        var measuring = crowd.MeasureAsync(TimeSpan.FromSeconds(12), others);
        for (var landed = 0; landed < 20; landed++)
        {
            var unknown = crowd.Unknown([Troubled]);
            await Rival.LandAsync(_test.Database, PersistenceId.Of(Troubled));
            await Eventually.HoldsAsync(() => crowd.Unknown([Troubled]) > unknown);
            await crowd.IssueMoreAsync(100, [Troubled]);
        }

        var during = await measuring;
        output.WriteLine($"Others: {before.Rate:0}/s before; {during.Rate:0}/s, silent {during.Silence.TotalSeconds:0.00} s during. Unknown: {crowd.Unknown([Troubled])} its own, {crowd.Unknown(others)} others'.");
        Assert.Equal(0, crowd.Unknown(others));
        Assert.InRange(during.Rate, 0.8 * before.Rate, double.MaxValue);
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Promise_7_connections_that_fall_silent_cost_the_write_time_out_and_a_second_at_most()
    {
        await using var proxy = new CuttingProxy((int)new MySqlConnectionStringBuilder(MariaDb.Server).Port);
        var database = new CouponDatabase(new MySqlConnectionStringBuilder(MariaDb.Server) { Database = _test.Database.Name, Port = (uint)proxy.Port }.ConnectionString);
        long[] coupons = [.. Enumerable.Range(0, 16).Select(i => Troubled + i)];
        await using var crowd = await IssuingCrowd.StartAsync(database, WriteTimeout, coupons, people: 1);
        await crowd.IssueMoreAsync(50, coupons);

        proxy.FallSilent();
        var (_, silence) = await crowd.MeasureAsync(WriteTimeout + TimeSpan.FromSeconds(4), coupons);
        output.WriteLine($"Silent for {silence.TotalSeconds:0.00} s at most; {crowd.Unknown(coupons)} heard that the outcome is unknown.");
        await crowd.IssueMoreAsync(10, coupons);

        Assert.InRange(silence, TimeSpan.Zero, WriteTimeout + TimeSpan.FromSeconds(1));
        await crowd.AuditAsync();
    }
}
