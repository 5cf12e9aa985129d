using System.Collections.Concurrent;
using System.Text.Json;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

/// <summary>
/// A disk that does not keep what it took. After an fsync that failed the system holds for written what is not, so neither what is read
/// back nor the next fsync proves anything.
/// </summary>
public sealed class FailedSyncTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("Promise", "3")]
    public async Task Nothing_is_told_from_a_log_whose_sync_may_have_failed_before_this_process()
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StandaloneServer.StartAsync(_data.Path))
        {
            await server.CreateAsync(7, null);
            var load = Load.RunAsync(server, 7, clients: 4, answers);
            await Eventually.HoldsAsync(() => answers.Count > 100);
            await server.Process.KillAsync();
            await load;
        }

        using var restarted = await StandaloneServer.StartAsync(_data.Path);
        foreach (var told in answers)
        {
            var again = await restarted.IssueAsync(7, told.UserId);
            Assert.Equal((409, told.Ticket), (again.Status, again.Ticket));
        }

        // What a power cut leaves if the log before it was never on the disk: the database alone, which this process has written and synced.
        using var afterPowerCut = new TempDirectory();
        File.Copy(_data.Journal, afterPowerCut.Journal);
        await using var engine = new EngineInProcess(afterPowerCut);
        var durable = engine.Durable(7).ToDictionary(issue => issue.UserId, issue => (long?)issue.Ticket);
        Assert.All(answers, told => Assert.Equal(told.Ticket, durable.GetValueOrDefault(told.UserId)));
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "8")]
    public async Task When_the_sync_of_a_commit_fails_now_and_then_nothing_told_is_lost_and_no_ticket_is_missing()
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StandaloneServer.StartAsync(_data.Path))
        {
            await server.CreateAsync(7, null);
            using var strace = Strace.TryFail(server.Process.Id, _data.Journal + "-wal", "when=5+40");
            if (strace is null)
                return;
            await Load.RunAsync(server, 7, clients: 4, answers, isEnough: _ => answers.Count(answer => answer.IsUnknown) >= 8);
            await server.Process.KillAsync();
        }

        Assert.Contains(answers, answer => answer.IsIssued);
        await using var engine = new EngineInProcess(_data);
        var durable = engine.Durable(7);
        Assert.Equal(Enumerable.Range(1, durable.Count).Select(ticket => (long)ticket), durable.Select(issue => issue.Ticket));
        var holders = durable.ToDictionary(issue => issue.UserId, issue => (long?)issue.Ticket);
        Assert.All(answers.Where(answer => answer.IsIssued), told => Assert.Equal(told.Ticket, holders[told.UserId]));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task After_the_sync_of_a_checkpoint_failed_nothing_is_told_until_a_restart_which_writes_it_all_again()
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StandaloneServer.StartAsync(_data.Path))
        {
            await server.CreateAsync(7, null);
            using var strace = Strace.TryFail(server.Process.Id, _data.Journal, "when=1");
            if (strace is null)
                return;
            await Load.RunAsync(server, 7, clients: 16, answers, isEnough: answer => !answer.IsIssued || answers.Count > 100_000);

            Assert.Contains(answers, answer => !answer.IsIssued);
            using (var ready = await server.Http.GetAsync("/health/ready"))
            {
                var checks = JsonDocument.Parse(await ready.Content.ReadAsStringAsync()).RootElement.GetProperty("checks");
                Assert.Contains(
                    $"The disk failed to sync {_data.Journal}", checks.GetProperty("journal").GetProperty("description").GetString(), StringComparison.Ordinal);
            }

            Assert.Equal("UNAVAILABLE", (await server.IssueAsync(7, 1_000_000)).Code);
            Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
            // Nothing was merged any more, also not when it was closed.
            Assert.True(new FileInfo(_data.Journal + "-wal").Length > 0);
        }

        await using var engine = new EngineInProcess(_data);
        var holders = engine.Durable(7).ToDictionary(issue => issue.UserId, issue => (long?)issue.Ticket);
        Assert.All(answers.Where(answer => answer.IsIssued), told => Assert.Equal(told.Ticket, holders[told.UserId]));
    }
}
