using System.Collections.Concurrent;
using System.Text.Json;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

public sealed class FullDiskTests
{
    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "7")]
    public async Task On_a_disk_that_fills_up_and_gets_space_again_nothing_told_is_lost_and_unknowns_resolve()
    {
        using var data = new TempDirectory();
        // A file that may not grow fails writes as a full disk does, and needs no rights.
        await FillAndEmptyAsync(
            data.Path,
            begin: server => server.Process.LimitFiles(300_000),
            toTheBrim: server => server.Process.LimitFiles(1),
            empty: server => server.Process.LimitFiles(null));
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "7")]
    public async Task On_a_small_file_system_that_fills_up_nothing_told_is_lost_and_unknowns_resolve()
    {
        using var data = new TempDirectory();
        using var disk = MountedDisk.TryMount(data.Path, "700k");
        if (disk is not null)
        {
            await FillAndEmptyAsync(
                data.Path,
                begin: _ => { },
                toTheBrim: _ => disk.Fill(),
                empty: _ => disk.Remount("size=64m"));
        }
    }

    [Fact]
    public async Task SIGTERM_on_a_full_disk_exits_0_all_the_same()
    {
        using var data = new TempDirectory();
        using var server = await StandaloneServer.StartAsync(data.Path);
        await server.CreateAsync(7, null);
        server.Process.LimitFiles(300_000);
        await Load.RunAsync(server, 7, clients: 4, [], isEnough: answer => !answer.IsIssued);

        Assert.Equal(0, await server.Process.TerminateAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal("", server.Process.Errors);
    }

    private static async Task FillAndEmptyAsync(string data, Action<StandaloneServer> begin, Action<StandaloneServer> toTheBrim, Action<StandaloneServer> empty)
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StandaloneServer.StartAsync(data))
        {
            await server.CreateAsync(7, null);
            await server.CreateAsync(8, 1);
            Assert.True((await server.IssueAsync(8, 1)).IsIssued);
            begin(server);
            await Load.RunAsync(server, 7, clients: 16, answers, isEnough: answer => !answer.IsIssued);

            Assert.Contains(answers, answer => answer.IsIssued);
            Assert.Contains(answers, answer => answer.IsUnknown);
            Assert.All(answers, answer => Assert.True(
                answer.IsIssued || (answer is { Status: 503, Code: "ISSUE_OUTCOME_UNKNOWN" or "UNAVAILABLE", SaysWhenToComeAgain: true }), answer.ToString()));
            // For a while a small write still fits where a larger one did not, also the one that tries whether the disk is well again.
            toTheBrim(server);
            var user = 500_000;
            await Eventually.HoldsAsync(async () => await IsUnavailableAsync() && await SaysWhyAsync() && await IsUnavailableAsync());
            Assert.Equal("INVALID_COUPON_ISSUE_QUANTITY", (await server.IssueAsync(8, 2)).Code);
            Assert.Equal("DUPLICATED_COUPON_ISSUE", (await server.IssueAsync(8, 1)).Code);

            empty(server);
            await Eventually.HoldsAsync(server.IsReadyAsync);
            await AskAgainAsync(server, answers);
            Assert.True((await server.IssueAsync(7, 1_000_000)).IsIssued);
            Assert.Equal(0, await server.Process.TerminateAsync(TimeSpan.FromSeconds(10)));

            async Task<bool> IsUnavailableAsync()
            {
                var answer = await server.IssueAsync(7, ++user);
                answers.Add(answer);
                return answer.Code == "UNAVAILABLE";
            }

            async Task<bool> SaysWhyAsync()
            {
                using var ready = await server.Http.GetAsync("/health/ready");
                if (ready.IsSuccessStatusCode)
                    return false;
                var checks = JsonDocument.Parse(await ready.Content.ReadAsStringAsync()).RootElement.GetProperty("checks");
                Assert.Matches("^The disk (is full|fails \\(I/O error\\))\\.$", checks.GetProperty("journal").GetProperty("description").GetString());
                return true;
            }
        }

        // And another process says the same.
        using (var server = await StandaloneServer.StartAsync(data))
            await AskAgainAsync(server, answers);
    }

    /// <summary>Everyone who was told of a ticket holds that one; who was not learns the truth now.</summary>
    private static async Task AskAgainAsync(StandaloneServer server, ConcurrentBag<IssueAnswer> answers)
    {
        var tickets = new HashSet<long>();
        foreach (var told in answers)
        {
            var again = await server.IssueAsync(7, told.UserId);
            if (told.IsIssued)
                Assert.Equal((409, told.Ticket), (again.Status, again.Ticket));
            Assert.Contains(again.Status, new[] { 201, 409 });
            Assert.True(tickets.Add(again.Ticket!.Value), $"Ticket {again.Ticket} twice");
        }
    }
}
