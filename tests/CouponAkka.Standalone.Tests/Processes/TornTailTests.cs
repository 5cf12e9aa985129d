using System.Collections.Concurrent;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

/// <summary>What SIGKILL, or the power, leaves of the journal's last writes.</summary>
public sealed class TornTailTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("Promise", "3")]
    public async Task After_kill_9_and_a_tail_torn_off_or_scribbled_on_everything_told_is_there()
    {
        var told = await LoadAndKillAsync(whenQuiet: false);
        // A write that was under way: half a frame that never got its commit.
        var whole = File.ReadAllBytes(_data.Journal + "-wal");
        var garbage = new byte[3_000];
        new Random(1).NextBytes(garbage);
        foreach (var tail in new byte[][] { [], garbage, whole[32..2_000], new byte[5_000] })
        {
            File.WriteAllBytes(_data.Journal + "-wal", [.. whole, .. tail]);
            using var copy = Copy();
            await EverythingToldIsThereAsync(copy.Path, told);
        }
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [Trait("Promise", "3")]
    public async Task Events_destroyed_after_they_were_told_stop_the_start(string how)
    {
        await LoadAndKillAsync(whenQuiet: true);
        var log = new FileInfo(_data.Journal + "-wal");
        using (var whole = Copy())
        {
            // Nothing is wrong as it stands.
            using var server = await StandaloneServer.StartAsync(whole.Path);
        }

        if (how == "cut")
        {
            using var file = log.OpenWrite();
            file.SetLength(log.Length / 2);
        }
        else
        {
            DatabaseFile.FlipByte(log.FullName, log.Length / 2);
        }

        for (var start = 0; start < 2; start++)
        {
            var (_, exitCode, output, errors) = await StandaloneServer.RunAsync(_data.Path);
            Assert.True(1 == exitCode, $"Exit code {exitCode}.\n{output}{errors}");
            Assert.Contains("the journal has lost events that people were told of", errors, StringComparison.Ordinal);
        }
    }

    private TempDirectory Copy()
    {
        var copy = new TempDirectory();
        foreach (var file in new DirectoryInfo(_data.Path).EnumerateFiles().Where(file => !file.Name.EndsWith("-shm", StringComparison.Ordinal)))
            file.CopyTo(copy.In(file.Name));
        return copy;
    }

    private async Task<List<IssueAnswer>> LoadAndKillAsync(bool whenQuiet)
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using var server = await StandaloneServer.StartAsync(_data.Path);
        await server.CreateAsync(7, null);
        var load = Load.RunAsync(server, 7, clients: 16, answers, isEnough: _ => whenQuiet && answers.Count >= 200);
        await Eventually.HoldsAsync(() => answers.Count >= 200);
        if (whenQuiet)
        {
            // What the read model has seen is what it can vouch for.
            await load;
            await Eventually.HoldsAsync(
                () => DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT issued_quantity FROM coupons WHERE id = 7") == answers.Count);
        }

        await server.Process.KillAsync();
        await load;
        return [.. answers];
    }

    private static async Task EverythingToldIsThereAsync(string data, List<IssueAnswer> told)
    {
        using var server = await StandaloneServer.StartAsync(data);
        var again = new List<IssueAnswer>();
        foreach (var some in told.Chunk(100))
            again.AddRange(await Task.WhenAll(some.Select(answer => server.IssueAsync(7, answer.UserId))));
        Assert.Equal(told.Select(answer => answer.Ticket), again.Select(answer => answer.Ticket));
        Assert.All(again, answer => Assert.Equal("DUPLICATED_COUPON_ISSUE", answer.Code));
        var highest = told.Max(answer => answer.Ticket);
        Assert.True((await server.IssueAsync(7, 1_000_000)).Ticket > highest);
    }
}
