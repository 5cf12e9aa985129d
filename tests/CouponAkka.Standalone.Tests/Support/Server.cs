using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>The built program as a process of its own.</summary>
internal sealed class Server : IDisposable
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private const int LargestFile = 1; // RLIMIT_FSIZE

    // Below the range from which the system takes the ports of outgoing connections; each once, for a server that was given one may not yet listen.
    private static int _lastPort = Random.Shared.Next(10_000, 30_000);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private Server(ProcessStartInfo start, Uri address)
    {
        Http = new HttpClient { BaseAddress = address, Timeout = Eventually.Deadline };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Write(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Write(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Http { get; }

    public int ProcessId => _process.Id;

    /// <summary>What it wrote to its standard output.</summary>
    public string Output => Read(_output);

    /// <summary>Returns when the program has written that to its log, which it does a moment after it has answered.</summary>
    public Task LoggedAsync(string part) => Eventually.HoldsAsync(() => Output.Contains(part, StringComparison.Ordinal), () => Output);

    /// <summary>What it wrote to its standard error.</summary>
    public string Errors => Read(_errors);

    /// <summary>Starts the program and returns when it can issue.</summary>
    public static Task<Server> StartAsync(string data, params string[] arguments) => StartAsync(data, openFiles: null, arguments);

    /// <inheritdoc cref="StartAsync(string, string[])"/>
    /// <param name="openFiles">How many files, and connections, it may have open.</param>
    public static async Task<Server> StartAsync(string data, int? openFiles, string[] arguments)
    {
        var server = Launch(data, arguments, openFiles: openFiles);
        try
        {
            await Eventually.HoldsAsync(server.IsReadyAsync, () => server.Output + server.Errors);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts the program, which is expected to end by itself.</summary>
    /// <returns>Its exit code and what it wrote to its standard output and error.</returns>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string data, params string[] arguments)
    {
        return await RunAsync(data, [], arguments);
    }

    /// <inheritdoc cref="RunAsync(string, string[])"/>
    /// <param name="environment">Variables of the environment, as <c>NAME=value</c>.</param>
    /// <param name="openFiles">How many files, and connections, it may have open.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string data, string[] environment, string[] arguments, int? openFiles = null)
    {
        using var server = Launch(data, arguments, environment, openFiles);
        return (await server.ExitedAsync(Eventually.Deadline), server.Output, server.Errors);
    }

    public async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"The program ended with {_process.ExitCode}.\n{Output}{Errors}");
        try
        {
            using var answer = await Http.GetAsync("/health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async Task CreateAsync(long couponId, long? total)
    {
        using var answer = await Http.PutAsJsonAsync($"/coupons/{couponId}", new
        {
            title = "Coupon",
            totalQuantity = total,
            discountAmount = 1_000,
            minAvailableAmount = 10_000,
            dateIssueStart = "2020-01-01T00:00:00Z",
            dateIssueEnd = "2500-01-01T00:00:00Z",
        });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    /// <summary>Asks for a unit; null if the connection broke before the answer.</summary>
    public async Task<Answer?> TryIssueAsync(long couponId, long userId)
    {
        try
        {
            using var answer = await Http.PostAsJsonAsync($"/coupons/{couponId}/issues", new { userId });
            var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
            return body.TryGetProperty("code", out var code)
                ? new(userId, (int)answer.StatusCode, code.GetString()!, body.TryGetProperty("issue", out var issue) ? Ticket(issue) : null, answer.Headers.RetryAfter is not null)
                : new(userId, (int)answer.StatusCode, "", Ticket(body), false);
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            return null;
        }

        static long Ticket(JsonElement issue) => issue.GetProperty("ticket").GetInt64();
    }

    public async Task<Answer> IssueAsync(long couponId, long userId) =>
        await TryIssueAsync(couponId, userId) ?? throw new InvalidOperationException($"No answer.\n{Output}{Errors}");

    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public Task<int> TerminateAsync(TimeSpan deadline)
    {
        Require(kill(_process.Id, Sigterm));
        return ExitedAsync(deadline);
    }

    public void Freeze() => Require(kill(_process.Id, Sigstop));

    public void Thaw() => Require(kill(_process.Id, Sigcont));

    /// <summary>No file of the process may grow beyond so many bytes: to it the disk is full. Null for no limit.</summary>
    public void LimitFiles(long? bytes)
    {
        var limit = new Limit { Soft = bytes ?? -1, Hard = -1 };
        Require(prlimit(_process.Id, LargestFile, ref limit, IntPtr.Zero));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Http.Dispose();
    }

    private static Server Launch(string data, string[] arguments, string[]? environment = null, int? openFiles = null)
    {
        var address = FreeAddress();
        // A write beyond the limit on a file's size is to fail as one to a full disk does, not to kill with SIGXFSZ. And
        // root is to be refused like anyone else where a file may not be written.
        var shell = $"trap '' XFSZ; {(openFiles is null ? "" : string.Create(CultureInfo.InvariantCulture, $"ulimit -n {openFiles}; "))}exec \"$@\"";
        string[] wrapper = Environment.IsPrivilegedProcess
            ? ["-c", shell, "sh", "setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
            : ["-c", shell, "sh"];
        var program = Path.Combine(AppContext.BaseDirectory, "CouponAkka.Standalone.dll");
        var start = new ProcessStartInfo(
            "sh", [.. wrapper, "env", .. environment ?? [], "dotnet", program, "--urls", address.GetLeftPart(UriPartial.Authority), "--data", data, "--WriteTimeoutSeconds", "60", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("Admin__ApiKey");
        return new Server(start, address);
    }

    private static Uri FreeAddress()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _lastPort);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next is as good.
            }
        }
    }

    private async Task<int> ExitedAsync(TimeSpan deadline)
    {
        using var passed = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(passed.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The program still runs after {deadline.TotalSeconds} s.\n{Output}{Errors}");
        }

        return _process.ExitCode;
    }

    private static void Write(StringBuilder lines, string? line)
    {
        if (line is null)
            return;
        lock (lines)
            lines.AppendLine(line);
    }

    private static string Read(StringBuilder lines)
    {
        lock (lines)
            return lines.ToString();
    }

    private static void Require(int result)
    {
        if (result != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int processId, int signal);

    [DllImport("libc", SetLastError = true)]
    private static extern int prlimit(int processId, int resource, ref Limit limit, IntPtr before);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public long Soft;
        public long Hard;
    }
}

/// <summary>What a user was told who asked for a unit.</summary>
/// <param name="Code">The code of the refusal; empty for an issue.</param>
/// <param name="Ticket">Of the unit issued, or held already.</param>
internal sealed record Answer(long UserId, int Status, string Code, long? Ticket, bool SaysWhenToComeAgain)
{
    public bool IsIssued => Status == 201;

    public bool IsUnknown => Code == "ISSUE_OUTCOME_UNKNOWN";
}
