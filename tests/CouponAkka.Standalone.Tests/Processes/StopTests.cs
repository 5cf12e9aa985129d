using System.Collections.Concurrent;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

public sealed class StopTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("Promise", "3")]
    public async Task Promise_3_SIGTERM_answers_what_was_begun_and_exits_0_and_leaves_the_journal_closed()
    {
        var answers = new ConcurrentBag<Answer>();
        using (var server = await Server.StartAsync(_data.Path))
        {
            await server.CreateAsync(7, null);
            var load = Load.RunAsync(server, 7, clients: 32, answers);
            await Eventually.HoldsAsync(() => answers.Count > 300);

            Assert.Equal(0, await server.TerminateAsync(TimeSpan.FromSeconds(10)));
            await load;
        }

        // SQLite takes the log into the file, and away, when the last connection is closed in good order.
        Assert.False(File.Exists(_data.Journal + "-wal"));
        Assert.False(File.Exists(_data.ReadModel + "-wal"));
        Assert.All(answers, answer => Assert.True(answer.IsIssued, answer.ToString()));
        await using var engine = new EngineInProcess(_data);
        // All that was decided was told, and all that was told is there.
        Assert.Equal(
            engine.Durable(7).Select(issue => (issue.UserId, (long?)issue.Ticket)),
            answers.Select(answer => (answer.UserId, answer.Ticket)).OrderBy(answer => answer.Ticket));
    }
}
