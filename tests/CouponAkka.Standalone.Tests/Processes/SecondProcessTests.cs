using System.Runtime.Versioning;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

/// <summary>One data directory has one process, however it is reached and whatever became of the lock.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SecondProcessTests : IDisposable
{
    private readonly TempDirectory _above = new();
    private readonly string _data;

    public SecondProcessTests()
    {
        _data = _above.In("data");
        Directory.CreateDirectory(_data);
    }

    public void Dispose() => _above.Dispose();

    [Theory]
    [InlineData("by the same name")]
    [InlineData("through a symbolic link")]
    [InlineData("through a bind mount")]
    [InlineData("while the first is frozen")]
    [Trait("Promise", "1")]
    public async Task A_second_process_is_refused_in_one_line(string how)
    {
        using var first = await StandaloneServer.StartAsync(_data);
        await first.CreateAsync(7, 10);
        var path = _data;
        MountedDisk? mount = null;
        switch (how)
        {
            case "through a symbolic link":
                path = _above.In("link");
                File.CreateSymbolicLink(path, _data);
                break;
            case "through a bind mount":
                path = _above.In("mount");
                Directory.CreateDirectory(path);
                mount = MountedDisk.TryBind(_data, path);
                if (mount is null)
                    return;
                break;
            case "while the first is frozen":
                first.Process.Freeze();
                break;
        }

        using (mount)
        {
            await RefusedAsync(path, $"Another process uses the data directory {path}");
        }

        first.Process.Thaw();
        Assert.True((await first.IssueAsync(7, 1)).IsIssued);
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task A_lock_that_was_removed_is_taken_again()
    {
        using var first = await StandaloneServer.StartAsync(_data);
        await first.CreateAsync(7, 10);

        File.Delete(Path.Combine(_data, "lock"));

        await first.Process.LoggedAsync("is taken again");
        await RefusedAsync(_data, $"Another process uses the data directory {_data}");
        Assert.True((await first.IssueAsync(7, 1)).IsIssued);
    }

    [Fact]
    [Trait("Promise", "18")]
    public async Task A_process_that_was_frozen_while_another_took_its_directory_tells_nothing_when_it_goes_on()
    {
        using var first = await StandaloneServer.StartAsync(_data);
        await first.CreateAsync(7, 3);
        for (var user = 1; user <= 3; user++)
            Assert.True((await first.IssueAsync(7, user)).IsIssued);
        Assert.Equal("INVALID_COUPON_ISSUE_QUANTITY", (await first.IssueAsync(7, 4)).Code);
        first.Process.Freeze();
        File.Delete(Path.Combine(_data, "lock"));
        // For so long its last look at the files is good, and what it tells may be a second old: nobody can know of a lock that is removed before.
        await Task.Delay(TimeSpan.FromSeconds(1));
        using var second = await StandaloneServer.StartAsync(_data);
        using (var changed = await second.Http.PatchAsync("/coupons/7", new StringContent("""{"totalQuantity":10}""", null, "application/json")))
            Assert.True(changed.IsSuccessStatusCode);
        Assert.True((await second.IssueAsync(7, 4)).IsIssued);

        first.Process.Thaw();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("UNAVAILABLE", (await first.IssueAsync(7, 4)).Code);
            Assert.Equal("UNAVAILABLE", (await first.IssueAsync(7, 5)).Code);
        }

        await first.Process.LoggedAsync($"Another process has taken the data directory {_data}");
        Assert.Equal(0, await first.Process.TerminateAsync(Eventually.Deadline));
        Assert.True((await second.IssueAsync(7, 5)).IsIssued);
        await second.Process.KillAsync();
        using var third = await StandaloneServer.StartAsync(_data);
        for (var user = 1; user <= 5; user++)
        {
            var again = await third.IssueAsync(7, user);
            Assert.Equal((409, (long?)user), (again.Status, again.Ticket));
        }
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task A_directory_where_locks_keep_nobody_away_is_refused() =>
        await RefusedAsync(_data, $"The data directory {_data} can't be locked", locksOff: true);

    private static async Task RefusedAsync(string data, string message, bool locksOff = false)
    {
        var (_, exitCode, output, errors) = await StandaloneServer.RunAsync(data, locksOff ? ["DOTNET_SYSTEM_IO_DISABLEFILELOCKING=1"] : [], []);

        Assert.True(1 == exitCode, $"Exit code {exitCode}.\n{output}{errors}");
        Assert.Contains(message, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
