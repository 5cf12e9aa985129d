using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.Tests.Support;
using MySqlConnector;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Projection;

public sealed class CrashTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "4")]
    public async Task Whatever_step_is_the_last_before_a_crash_each_event_is_applied_once()
    {
        // What stands already, and then what is under way: units both new and old that are used, a changed coupon, a new one, one that is poisoned.
        await _test.Database.AppendAsync(7, 1, null, Created(), Issued(1, 101, 102, 103));
        await using var proxy = new CuttingProxy((int)new MySqlConnectionStringBuilder(MariaDb.Server).Port);
        // Without encryption, so that the proxy cuts between what is said and not in its middle; and the driver adds no steps of its own.
        var settings = new MySqlConnectionStringBuilder(_test.Database.ConnectionString)
        {
            Server = "127.0.0.1",
            Port = (uint)proxy.Port,
            SslMode = MySqlSslMode.None,
            ConnectionReset = false,
        };
        var throughProxy = new CouponDatabase(settings.ConnectionString);
        await ProjectOnceAsync(_test.Database);
        var standing = await _test.ScalarAsync<long>("SELECT MAX(ordering) FROM journal");
        await _test.Database.AppendAsync(7, 4, Used(102, 2), Changed(), Issued(4, 104, 105), Used(105, 5));
        await _test.Database.AppendAsync(9, 1, Created(), Issued(1, 101, 101));

        await ProjectOnceAsync(_test.Database);
        var expected = await _test.DumpAsync();

        var steps = 0;
        bool wasCut;
        do
        {
            await Rebuild.RunAsync(_test.Database);
            await ProjectOnceAsync(_test.Database, upTo: standing);
            proxy.Arm(++steps);
            var crashed = false;
            try
            {
                await ProjectOnceAsync(throughProxy);
            }
            catch (Exception)
            {
                crashed = true;
            }

            wasCut = !proxy.IsArmed;
            proxy.Disarm();
            // A line that is cut may have been an idle one of the pool, which goes unnoticed.
            await ProjectOnceAsync(throughProxy);

            Assert.Equal(expected, await _test.DumpAsync());
            Assert.True(wasCut || !crashed);
        }
        while (wasCut);

        Assert.True(steps > 20, $"Only {steps} steps.");
    }

    /// <summary>One life of a projection, which reads what is there and applies it.</summary>
    private static async Task ProjectOnceAsync(CouponDatabase database, long upTo = long.MaxValue)
    {
        var (epoch, position) = await ReadModelWriter.BeginAsync(database);
        var batch = await new JournalReader(database, EntityKinds.All, position, TimeProvider.System).NextAsync(default);
        if (upTo < long.MaxValue)
            batch = new JournalBatch([.. batch.Rows.Where(row => row.Ordering <= upTo)], new(upTo, upTo), upTo, []);
        await new ReadModelWriter(database, epoch, new MySqlProjectionStatus(TimeProvider.System), new LogLines<CrashTests>()).WriteAsync(batch);
    }
}
