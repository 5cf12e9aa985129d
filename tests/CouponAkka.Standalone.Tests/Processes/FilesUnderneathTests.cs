using System.Collections.Concurrent;
using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

/// <summary>What an administrator, a tool or a volume does to the files of a process that runs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FilesUnderneathTests : IDisposable
{
    private const UnixFileMode OwnersAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TempDirectory _above = new();
    private readonly string _data;
    private readonly string _journal;

    public FilesUnderneathTests()
    {
        _data = _above.In("data");
        _journal = Path.Combine(_data, "journal.db");
    }

    public void Dispose()
    {
        if (Directory.Exists(_data))
            File.SetUnixFileMode(_data, OwnersAll);
        _above.Dispose();
    }

    /// <summary>What is done, and what the health check then says.</summary>
    public static TheoryData<string, string> Faults => new()
    {
        { "journal removed", "journal.db is gone" },
        { "journal replaced by an older copy", "journal.db is another file" },
        { "journal replaced by another shop's", "journal.db is another file" },
        { "journal overwritten by an older copy", "journal.db has been written to by somebody else" },
        { "journal overwritten by another shop's", "journal.db has been written to by somebody else" },
        { "journal cut", "journal.db has been written to by somebody else" },
        { "log removed", "journal.db-wal is gone" },
        { "log replaced", "journal.db-wal is another file" },
        { "log cut", "journal.db-wal has been cut" },
        { "log emptied", "journal.db-wal has been cut" },
        { "log written to", "journal.db-wal has been written to by somebody else" },
        { "index removed", "journal.db-shm is gone" },
        { "index replaced", "journal.db-shm is another file" },
        { "directory renamed", "gone" },
        { "directory removed", "gone" },
        { "directory closed", "denied" },
        { "written by another program", "has been written to by somebody else" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("Promise", "3")]
    public async Task When_the_journals_files_are_tampered_with_nothing_more_is_told(string fault, string said)
    {
        using var server = await StartAsync();
        var last = 0L;
        await IssueSomeAsync();
        var older = CopyOfJournal();
        await IssueSomeAsync();

        await TamperAsync(fault, older);

        // The first one already: a write is followed by a look.
        Assert.False((await server.IssueAsync(7, ++last)).IsIssued);
        await LostAsync(server, said);
        await NothingIsToldAsync(server);
        await server.Process.LoggedAsync("crit:");
        await server.Process.LoggedAsync("restore the journal, and restart");

        async Task IssueSomeAsync()
        {
            for (var i = 0; i < 20; i++)
                Assert.True((await server.IssueAsync(7, ++last)).IsIssued);
        }
    }

    [Theory]
    [InlineData("journal removed")]
    [InlineData("log emptied")]
    [InlineData("directory renamed")]
    [InlineData("journal made unreadable")]
    [Trait("Promise", "3")]
    public async Task It_is_noticed_also_when_nobody_issues(string fault)
    {
        using var server = await StartAsync();

        await TamperAsync(fault, CopyOfJournal());

        await LostAsync(server, "");
        await NothingIsToldAsync(server);
    }

    [Theory]
    [InlineData("journal removed", 201)]
    [InlineData("log removed", 201)]
    [InlineData("log emptied", 201)]
    [InlineData("journal overwritten by an older copy", 201)]
    [Trait("Promise", "3")]
    public async Task Under_load_no_issue_that_was_asked_for_later_is_told(string fault, int issued)
    {
        using var server = await StartAsync();
        await server.IssueAsync(7, 1_000_001);
        var older = CopyOfJournal();
        var answers = new ConcurrentBag<IssueAnswer>();
        var load = Load.RunAsync(server, 7, clients: 16, answers, isEnough: answer => !answer.IsIssued);
        await Eventually.HoldsAsync(() => answers.Count > 300);

        await TamperAsync(fault, older);
        var after = await server.IssueAsync(7, 1_000_002);

        Assert.NotEqual(issued, after.Status);
        await load;
        await LostAsync(server, "");
        await NothingIsToldAsync(server);
    }

    [Theory]
    [InlineData("data", "data-elsewhere")]
    [InlineData("data/journal.db", "journal-elsewhere")]
    [InlineData("data/journal.db-wal", "wal-elsewhere")]
    [Trait("Promise", "7")]
    public async Task What_was_moved_away_and_is_put_back_goes_on_with_all_that_was_told(string moved, string elsewhere)
    {
        using var server = await StartAsync();
        var answers = new ConcurrentBag<IssueAnswer>();
        var load = Load.RunAsync(server, 7, clients: 8, answers, isEnough: answer => !answer.IsIssued);
        await Eventually.HoldsAsync(() => answers.Count > 200);
        Directory.Move(_above.In(moved), _above.In(elsewhere));
        await load;
        await LostAsync(server, "gone");

        Directory.Move(_above.In(elsewhere), _above.In(moved));

        await Eventually.HoldsAsync(server.IsReadyAsync, () => server.Process.Output);
        await EverythingToldIsThereAsync(server, answers);
        Assert.True((await server.IssueAsync(7, 1_000_000)).IsIssued);
        Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
        using var restarted = await StandaloneServer.StartAsync(_data);
        await EverythingToldIsThereAsync(restarted, answers);
    }

    [Theory]
    [InlineData("log removed")]
    [InlineData("log replaced")]
    [InlineData("index removed")]
    [Trait("Promise", "3")]
    public async Task SIGTERM_saves_what_a_removed_log_held(string fault)
    {
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StartAsync())
        {
            var load = Load.RunAsync(server, 7, clients: 8, answers, isEnough: answer => !answer.IsIssued);
            await Eventually.HoldsAsync(() => answers.Count > 200);
            await TamperAsync(fault, CopyOfJournal());
            await load;
            Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
        }

        using var restarted = await StandaloneServer.StartAsync(_data);
        await EverythingToldIsThereAsync(restarted, answers);
    }

    [Theory]
    [InlineData("journal replaced by another shop's")]
    [InlineData("journal overwritten by another shop's")]
    [InlineData("journal overwritten by an older copy")]
    [Trait("Promise", "3")]
    public async Task SIGTERM_writes_nothing_into_a_journal_that_somebody_put_there(string fault)
    {
        byte[] put;
        using (var server = await StartAsync())
        {
            for (var user = 1; user < 50; user++)
                Assert.True((await server.IssueAsync(7, user)).IsIssued);
            await TamperAsync(fault, CopyOfJournal());
            put = await File.ReadAllBytesAsync(_journal);
            await LostAsync(server, "");
            Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
        }

        Assert.Equal(put, await File.ReadAllBytesAsync(_journal));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_journal_that_was_removed_is_copied_back_from_the_process_as_the_log_says()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var answers = new ConcurrentBag<IssueAnswer>();
        using (var server = await StartAsync())
        {
            var load = Load.RunAsync(server, 7, clients: 8, answers, isEnough: answer => !answer.IsIssued);
            await Eventually.HoldsAsync(() => answers.Count > 200);
            File.Delete(_journal);
            File.Delete(_journal + "-wal");
            File.Delete(_journal + "-shm");
            await load;
            await server.Process.LoggedAsync($"/proc/{server.Process.Id}/fd");

            var open = Directory.GetFiles($"/proc/{server.Process.Id}/fd").ToLookup(fd => new FileInfo(fd).LinkTarget);
            foreach (var name in new[] { _journal, _journal + "-wal" })
                File.Copy(open[name + " (deleted)"].First(), name);
            await server.Process.KillAsync();
        }

        using var restarted = await StandaloneServer.StartAsync(_data);
        await EverythingToldIsThereAsync(restarted, answers);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_volume_that_is_taken_away_is_noticed()
    {
        Directory.CreateDirectory(_data);
        using var disk = MountedDisk.TryMount(_data, "64m");
        if (disk is null)
            return;
        using var server = await StartAsync();
        Assert.True((await server.IssueAsync(7, 1)).IsIssued);

        disk.Detach();

        Assert.False((await server.IssueAsync(7, 2)).IsIssued);
        await LostAsync(server, "gone");
        await NothingIsToldAsync(server);
    }

    [Fact]
    public async Task Who_only_reads_or_copies_the_journal_disturbs_nobody()
    {
        using var server = await StartAsync();
        for (var user = 1; user <= 30; user++)
        {
            Assert.True((await server.IssueAsync(7, user)).IsIssued);
            Assert.Equal(user, DatabaseFile.Scalar<long>(_journal, "SELECT count(*) FROM events WHERE entity_id = 7") - 1);
            CopyOfJournal();
            File.Copy(_journal + "-wal", _above.In("copy-wal"), overwrite: true);
        }

        File.SetUnixFileMode(_journal, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.True((await server.IssueAsync(7, 31)).IsIssued);
        Assert.True(await server.IsReadyAsync());
        Assert.DoesNotContain("crit:", server.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task Without_the_directory_of_snapshots_or_the_read_model_coupons_are_issued_all_the_same()
    {
        using var server = await StartAsync();
        Directory.Delete(Path.Combine(_data, "snapshots"), recursive: true);
        Directory.EnumerateFiles(_data, "readmodel.db*").ToList().ForEach(File.Delete);

        for (var user = 1; user <= 30; user++)
            Assert.True((await server.IssueAsync(7, user)).IsIssued);
        Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
        using var restarted = await StandaloneServer.StartAsync(_data);
        Assert.Equal(31, (await restarted.IssueAsync(7, 1_000)).Ticket);
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("removed with its log")]
    [InlineData("log removed")]
    [InlineData("cut")]
    [InlineData("emptied")]
    [InlineData("replaced by an older copy")]
    [InlineData("overwritten")]
    [Trait("Promise", "10")]
    [Trait("Promise", "11")]
    public async Task A_read_model_that_is_lost_is_made_anew_while_issuing_goes_on(string fault)
    {
        using var server = await StartAsync();
        for (var user = 1; user <= 300; user++)
            Assert.True((await server.IssueAsync(7, user)).IsIssued);
        await ListsAsync(server, 300);

        SpoilReadModel(fault);

        var last = 300;
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.True((await server.IssueAsync(7, ++last)).IsIssued);
                await AskReadModelAsync(server);
                return server.Process.Output.Contains("is made anew from the journal", StringComparison.Ordinal);
            },
            () => server.Process.Output);
        await ListsAsync(server, last);
        await Eventually.HoldsAsync(async () => await ProjectionSaysAsync(server) == ("Healthy", "0 events behind the journal"));
        Assert.DoesNotContain("fail:", server.Process.Output, StringComparison.Ordinal);
        Assert.InRange(server.Process.Output.Split("can't be asked").Length - 1, 0, 1);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task While_a_lost_read_model_can_not_be_made_queries_are_UNAVAILABLE_and_it_is_said_once()
    {
        using var server = await StartAsync();
        SpoilReadModel("removed with its log");
        Directory.CreateDirectory(Path.Combine(_data, "readmodel.db"));

        await Eventually.HoldsAsync(async () => (await ProjectionSaysAsync(server)).Status == "Degraded");
        for (var user = 1; user <= 200; user++)
        {
            Assert.True((await server.IssueAsync(7, user)).IsIssued);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskReadModelAsync(server));
        }

        Assert.True(await server.IsReadyAsync());
        await Eventually.HoldsAsync(async () =>
            (await ProjectionSaysAsync(server)).Description?.Contains("can't follow the journal", StringComparison.Ordinal) == true);
        Assert.DoesNotContain("SQLite Error", (await ProjectionSaysAsync(server)).Description, StringComparison.Ordinal);
        Assert.InRange(server.Process.Output.Split("can't be asked").Length - 1, 1, 2);
        Assert.Equal(1, server.Process.Output.Split("fail:").Length - 1);

        Directory.Delete(Path.Combine(_data, "readmodel.db"));
        await ListsAsync(server, 200);
    }

    private void SpoilReadModel(string fault)
    {
        var readModel = Path.Combine(_data, "readmodel.db");
        // Or the log, which is whole, has all that there is.
        if (fault is "cut" or "overwritten")
            DatabaseFile.Execute(readModel, "PRAGMA wal_checkpoint(TRUNCATE)");
        switch (fault)
        {
            case "removed":
                File.Delete(readModel);
                break;
            case "removed with its log":
                Directory.EnumerateFiles(_data, "readmodel.db*").ToList().ForEach(File.Delete);
                break;
            case "log removed":
                File.Delete(readModel + "-wal");
                break;
            case "cut":
                Cut(readModel, 4096);
                break;
            case "emptied":
                Cut(readModel, 0);
                break;
            case "replaced by an older copy":
                File.Copy(readModel, readModel + ".new");
                File.Move(readModel + ".new", readModel, overwrite: true);
                break;
            case "overwritten":
                var garbage = new byte[new FileInfo(readModel).Length];
                new Random(1).NextBytes(garbage);
                using (var file = new FileStream(readModel, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                    file.Write(garbage);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "Unknown");
        }
    }

    // Never with an error of ours.
    private static async Task<HttpStatusCode> AskReadModelAsync(StandaloneServer server)
    {
        HttpStatusCode status = default;
        foreach (var question in new[] { "/coupons/7/issues", "/users/1/coupons", "/coupons" })
        {
            using var answer = await server.Http.GetAsync(question);
            status = answer.StatusCode;
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.ServiceUnavailable, $"{question}: {status}");
        }

        return status;
    }

    private static Task ListsAsync(StandaloneServer server, int users) => Eventually.HoldsAsync(async () =>
    {
        using var answer = await server.Http.GetAsync($"/coupons/7/issues?after={users - 1}&limit=10");
        return answer.StatusCode == HttpStatusCode.OK
            && JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("items").GetArrayLength() == 1;
    });

    private static async Task<(string? Status, string? Description)> ProjectionSaysAsync(StandaloneServer server)
    {
        using var ready = await server.Http.GetAsync("/health/ready");
        var projection = JsonDocument.Parse(await ready.Content.ReadAsStringAsync()).RootElement.GetProperty("checks").GetProperty("projection");
        return (projection.GetProperty("status").GetString(), projection.GetProperty("description").GetString());
    }

    /// <summary>With coupon 7, and 8 that is sold out to user 1.</summary>
    private async Task<StandaloneServer> StartAsync()
    {
        var server = await StandaloneServer.StartAsync(_data);
        await server.CreateAsync(7, null);
        await server.CreateAsync(8, 1);
        Assert.True((await server.IssueAsync(8, 1)).IsIssued);
        return server;
    }

    private string CopyOfJournal()
    {
        var copy = _above.In("older-copy.db");
        File.Copy(_journal, copy, overwrite: true);
        return copy;
    }

    private async Task TamperAsync(string fault, string older)
    {
        var log = _journal + "-wal";
        var index = _journal + "-shm";
        switch (fault)
        {
            case "journal removed":
                File.Delete(_journal);
                break;
            case "journal replaced by an older copy":
                File.Move(older, _journal, overwrite: true);
                break;
            case "journal replaced by another shop's":
                File.Move(await OthersJournalAsync(), _journal, overwrite: true);
                break;
            case "journal overwritten by an older copy":
                Overwrite(_journal, older);
                break;
            case "journal overwritten by another shop's":
                Overwrite(_journal, await OthersJournalAsync());
                break;
            case "journal cut":
                Cut(_journal, new FileInfo(_journal).Length / 2);
                break;
            case "journal made unreadable":
                File.SetUnixFileMode(_journal, UnixFileMode.None);
                break;
            case "log removed":
                File.Delete(log);
                break;
            case "log replaced":
                File.Copy(log, log + ".new");
                File.Move(log + ".new", log, overwrite: true);
                break;
            case "log cut":
                Cut(log, new FileInfo(log).Length / 2);
                break;
            case "log emptied":
                Cut(log, 0);
                break;
            case "log written to":
                using (var file = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
                    file.Write(new byte[100]);
                break;
            case "index removed":
                File.Delete(index);
                break;
            case "index replaced":
                File.Copy(index, index + ".new");
                File.Move(index + ".new", index, overwrite: true);
                break;
            case "directory renamed":
                Directory.Move(_data, _above.In("data-elsewhere"));
                break;
            case "directory removed":
                Directory.Delete(_data, recursive: true);
                break;
            case "directory closed":
                File.SetUnixFileMode(_data, UnixFileMode.None);
                break;
            case "written by another program":
                DatabaseFile.Execute(_journal, "UPDATE journal SET probes = probes + 1");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "Unknown");
        }
    }

    private async Task<string> OthersJournalAsync()
    {
        using var other = new TempDirectory();
        await using (var engine = new EngineInProcess(other))
        {
            await engine.CreateAsync(7, null);
            await engine.IssueAsync(7, Enumerable.Range(1, 100).Select(user => (long)user));
        }

        File.Copy(other.Journal, _above.In("others.db"));
        return _above.In("others.db");
    }

    // As cp does it: the file stays the same one.
    private static void Overwrite(string path, string with)
    {
        using var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(File.ReadAllBytes(with));
    }

    private static void Cut(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }

    private static async Task LostAsync(StandaloneServer server, string said)
    {
        var description = "";
        await Eventually.HoldsAsync(async () =>
        {
            using var ready = await server.Http.GetAsync("/health/ready");
            var checks = JsonDocument.Parse(await ready.Content.ReadAsStringAsync()).RootElement.GetProperty("checks");
            description = checks.GetProperty("journal").TryGetProperty("description", out var text) ? text.GetString() ?? "" : "";
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
        });
        Assert.Contains(said, description, StringComparison.Ordinal);
    }

    private static async Task NothingIsToldAsync(StandaloneServer server)
    {
        for (var user = 2_000_000; user < 2_000_005; user++)
            Assert.Equal("UNAVAILABLE", (await server.IssueAsync(7, user)).Code);
        Assert.Equal("UNAVAILABLE", (await server.IssueAsync(8, 1)).Code);
        Assert.Equal("UNAVAILABLE", (await server.IssueAsync(8, 2)).Code);
        foreach (var question in new[] { "/coupons/7/status", "/coupons/8/issues/1", "/coupons/7/issues/3000000" })
        {
            using var answer = await server.Http.GetAsync(question);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }
    }

    private static async Task EverythingToldIsThereAsync(StandaloneServer server, IEnumerable<IssueAnswer> answers)
    {
        foreach (var told in answers.Where(answer => answer.IsIssued))
        {
            var again = await server.IssueAsync(7, told.UserId);
            Assert.Equal((409, told.Ticket), (again.Status, again.Ticket));
        }
    }
}
