using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

public sealed class StopTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("Promise", "3")]
    public async Task SIGTERM_answers_what_was_begun_and_exits_0_and_leaves_the_journal_closed()
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StandaloneServer.StartAsync(_data.Path))
        {
            await server.CreateAsync(7, null);
            var load = Load.RunAsync(server, 7, clients: 32, answers);
            await Eventually.HoldsAsync(() => answers.Count > 300);

            Assert.Equal(0, await server.Process.TerminateAsync(TimeSpan.FromSeconds(10)));
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

    [Theory]
    [InlineData("GET /coupons/7/status HTTP/1.1\r\nHost: ")]
    [InlineData("POST /coupons/7/issues HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")]
    [InlineData("POST /coupons/7/issues HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"u")]
    [InlineData("POST /coupons/7/issues HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\n{")]
    [InlineData("")]
    [Trait("Promise", "3")]
    public async Task SIGTERM_answers_what_was_begun_and_waits_for_nobody_who_has_sent_half_a_request(string half)
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        var halves = new List<TcpClient>();
        using (var server = await StandaloneServer.StartAsync(_data.Path, "--Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Debug"))
        {
            await server.CreateAsync(7, null);
            for (var i = 0; i < 20; i++)
            {
                halves.Add(new TcpClient());
                await halves[i].ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
                await halves[i].GetStream().WriteAsync(Encoding.ASCII.GetBytes(half));
            }

            var load = Load.RunAsync(server, 7, clients: 32, answers);
            await Eventually.HoldsAsync(() => answers.Count > 300);

            Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
            await load;
            // So Kestrel says when the host's patience has passed.
            Assert.DoesNotContain("failed to close gracefully", server.Process.Output, StringComparison.Ordinal);
        }

        halves.ForEach(connection => connection.Dispose());
        Assert.False(File.Exists(_data.Journal + "-wal"));
        Assert.All(answers, answer => Assert.True(answer.IsIssued, answer.ToString()));
        await using var engine = new EngineInProcess(_data);
        Assert.Equal(
            engine.Durable(7).Select(issue => (issue.UserId, (long?)issue.Ticket)),
            answers.Select(answer => (answer.UserId, answer.Ticket)).OrderBy(answer => answer.Ticket));
    }
}
