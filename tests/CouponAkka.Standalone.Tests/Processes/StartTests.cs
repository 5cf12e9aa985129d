using System.Runtime.Versioning;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

/// <summary>What stops the process at its start does so with one clear line, exit code 1 and no stack trace.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StartTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_data_directory_that_can_not_be_written_is_refused()
    {
        File.SetUnixFileMode(_data.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await RefusedAsync($"The data directory {_data.Path} can't be written");
        await RefusedAsync($"The data directory {_data.In("inside")} can't be written", data: _data.In("inside"));
        File.SetUnixFileMode(_data.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_read_only_file_system_is_refused_and_not_taken_for_another_process()
    {
        using var disk = MountedDisk.TryMount(_data.Path, "1m");
        if (disk is null)
            return;
        using (var server = await StandaloneServer.StartAsync(_data.Path))
            Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
        disk.Remount("ro");

        await RefusedAsync($"The data directory {_data.Path} can't be used: Read-only file system");
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_or_below_one_is_refused()
    {
        File.WriteAllText(_data.In("file"), "");
        await RefusedAsync($"The data directory {_data.In("file")} can't be", data: _data.In("file"));
        await RefusedAsync($"The data directory {_data.In("file/below")} can't be", data: _data.In("file/below"));
    }

    [Fact]
    public async Task A_journal_that_can_not_be_written_is_refused_before_anyone_is_let_in()
    {
        using (var server = await StandaloneServer.StartAsync(_data.Path))
            Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));
        File.SetUnixFileMode(_data.Journal, UnixFileMode.UserRead);

        await RefusedAsync($"The journal {_data.Journal} can't be opened");
    }

    [Fact]
    public async Task A_damaged_journal_is_refused()
    {
        File.WriteAllText(_data.Journal, string.Concat(Enumerable.Repeat("This is a letter to my grandmother. ", 500)));

        await RefusedAsync($"The journal {_data.Journal} is damaged");
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_directory_is_refused_and_the_first_goes_on()
    {
        using var first = await StandaloneServer.StartAsync(_data.Path);
        await first.CreateAsync(7, 10);

        await RefusedAsync($"Another process uses the data directory {_data.Path}");

        Assert.True((await first.IssueAsync(7, 1)).IsIssued);
        Assert.Equal(0, await first.Process.TerminateAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused()
    {
        using var first = await StandaloneServer.StartAsync(_data.In("first"));
        var address = first.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

        await RefusedAsync("address already in use", data: _data.In("second"), "--urls", address);

        Assert.True(await first.IsReadyAsync());
    }

    [Theory]
    [InlineData("--urls", "nonsense", "nonsense")]
    [InlineData("--urls", "http://127.0.0.1:99999", "http://127.0.0.1:99999")]
    [InlineData("--urls", "http://192.0.2.1:8080", "http://192.0.2.1:8080")]
    [InlineData("--urls", "https://127.0.0.1:8443", "https://127.0.0.1:8443")]
    [InlineData("--data", "", "Data")]
    [InlineData("--WriteTimeoutSeconds", "soon", "WriteTimeoutSeconds")]
    [InlineData("--WriteTimeoutSeconds", "0", "WriteTimeoutSeconds")]
    [InlineData("--Limits:ConcurrentRequests", "0", "ConcurrentRequests")]
    [InlineData("--Limits:ConcurrentRequests", "many", "ConcurrentRequests")]
    [InlineData("--Logging:LogLevel:Default", "loud", "loud")]
    public async Task A_wrong_setting_is_refused_and_named(string setting, string value, string named) =>
        await RefusedAsync(named, data: null, setting, value);

    [Theory]
    [InlineData("There is no argument --dta. Is --data meant?", "--dta", "/var/lib/coupons")]
    [InlineData("There is no argument --dta. Is --data meant?", "/dta=/var/lib/coupons")]
    [InlineData("There is no argument --port.", "--port", "1")]
    [InlineData("There is no argument 'serve'", "serve")]
    [InlineData("There is no argument '-d'", "-d", "/var/lib/coupons")]
    [InlineData("The argument --urls lacks its value", "--urls")]
    [InlineData("The argument --urls lacks its value", "--urls", "--WriteTimeoutSeconds", "5")]
    [InlineData("There is no argument --Limits:ConcurentRequests. Is --Limits:ConcurrentRequests meant?", "--Limits:ConcurentRequests", "5")]
    public async Task An_argument_that_there_is_not_is_refused_and_nothing_is_made(string message, params string[] arguments) =>
        await RefusedAsync(message, data: NothingThere(), arguments);

    [Theory]
    [InlineData("Limits__Foo=5", "There is no setting Limits:Foo (in the environment: Limits__Foo). There are Limits:ConcurrentRequests, ")]
    [InlineData("Admin__ApiKei=secret", "There is no setting Admin:ApiKei (in the environment: Admin__ApiKei). Is --Admin:ApiKey meant?")]
    [InlineData("Secrets__Directory=/nonexistent", "Secrets:Directory: there is no directory '/nonexistent'.")]
    public async Task A_wrong_setting_of_the_environment_is_refused_and_nothing_is_made(string variable, string message) =>
        await RefusedAsync(message, NothingThere(), [variable], []);

    [Theory]
    [InlineData(300, "At most 300 files may be open, and the program needs ")]
    [InlineData(575, "At most 575 files may be open, and the program needs ")]
    [InlineData(1024, "Limits:Connections: of the 1024 files that may be open 512 can be connections, not 513", "--Limits:Connections", "513")]
    public async Task A_limit_of_open_files_that_is_too_low_is_refused(int openFiles, string message, params string[] arguments) =>
        await RefusedAsync(message, NothingThere(), [], arguments, openFiles);

    [Fact]
    public async Task A_secret_that_is_no_setting_is_refused()
    {
        File.WriteAllText(_data.In("Admin__ApiKei"), "secret");
        await RefusedAsync("There is no setting Admin:ApiKei", NothingThere(), [$"Secrets__Directory={_data.Path}"], []);
    }

    [Theory]
    [InlineData("--help", "--Limits:ConcurrentRequests")]
    [InlineData("--version", "CouponAkka.Standalone 1.")]
    public async Task What_is_asked_of_the_program_itself_is_answered_and_nothing_is_made(string argument, string answer)
    {
        var data = NothingThere();
        var (_, exitCode, output, errors) = await StandaloneServer.RunAsync(data, argument);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains(answer.TrimStart('-'), output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("--Limits:ConcurrentRequests", "500")]
    [InlineData("--limits:concurrentrequests=500")]
    [InlineData("/Limits:ConcurrentRequests", "500")]
    [InlineData("Limits:ConcurrentRequests=500")]
    [InlineData("--Logging:LogLevel:Microsoft.AspNetCore.Hosting=Information", "--environment", "Production", "--AllowedHosts", "*", "--OTEL_SERVICE_NAME=x")]
    public async Task Settings_are_taken_in_every_form_that_ASP_NET_takes(params string[] arguments)
    {
        using var server = await StandaloneServer.StartAsync(_data.Path, arguments);
        await server.CreateAsync(7, 1);
    }

    private string NothingThere() => _data.In("nothing-there");

    private Task RefusedAsync(string message, string? data = null, params string[] arguments) => RefusedAsync(message, data, [], arguments);

    private async Task RefusedAsync(string message, string? data, string[] environment, string[] arguments, int? openFiles = null)
    {
        var (_, exitCode, output, errors) = await StandaloneServer.RunAsync(data ?? _data.Path, environment, arguments, openFiles);

        Assert.True(1 == exitCode, $"Exit code {exitCode}.\n{output}{errors}");
        Assert.Contains(message, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(NothingThere()));
    }
}
