using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CouponAkka.Testing;

/// <summary>A process that a test has started, with everything that it writes. It is killed when it is disposed of.</summary>
public sealed class RunningProcess : IDisposable
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private const int LargestFile = 1; // RLIMIT_FSIZE

    // Longer than the slowest takes on a loaded machine: a build, what npm brings, the start of a cluster.
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(600);

    private readonly Process _process;
    private readonly string _command;
    private readonly ConcurrentQueue<(bool IsError, string Line)> _written = new();

    private RunningProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _command = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Write(isError: false, line.Data);
        _process.ErrorDataReceived += (_, line) => Write(isError: true, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>What it has written to its standard output.</summary>
    public string Output => Text(_written.Where(written => !written.IsError));

    /// <summary>What it has written to its standard error.</summary>
    public string Errors => Text(_written.Where(written => written.IsError));

    /// <summary>What it has written to either, line by line as it came.</summary>
    public string Log => Text(_written);

    public static RunningProcess Start(ProcessStartInfo start) => new(start);

    public static Task<EndedProcess> RunAsync(string command, params string[] arguments) => RunAsync(new ProcessStartInfo(command, arguments));

    /// <summary>Returns when it has ended.</summary>
    /// <param name="input">What it is given to read.</param>
    /// <exception cref="TimeoutException">It does not end; by then it is killed.</exception>
    public static async Task<EndedProcess> RunAsync(ProcessStartInfo start, string input = "")
    {
        start.RedirectStandardInput = true;
        using var process = Start(start);
        await process._process.StandardInput.WriteAsync(input);
        process._process.StandardInput.Close();
        await process.ExitedAsync(EndsWithin);
        return process.Ended();
    }

    /// <inheritdoc cref="RunAsync(ProcessStartInfo, string)"/>
    public static EndedProcess Run(ProcessStartInfo start)
    {
        using var process = Start(start);
        if (!process._process.WaitForExit(EndsWithin))
            throw process.StillRuns(EndsWithin);
        // Once more, for all that it wrote.
        process._process.WaitForExit();
        return process.Ended();
    }

    /// <summary>Returns when it has written that, which it does a moment after it has answered.</summary>
    public Task LoggedAsync(string part) => Eventually.HoldsAsync(() => Log.Contains(part, StringComparison.Ordinal), () => Log);

    /// <summary>Returns when what listens on this address says that it can issue.</summary>
    /// <exception cref="InvalidOperationException">The process ended before.</exception>
    public async Task ReadyAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = Eventually.Deadline };
        await Eventually.HoldsAsync(() => IsReadyAsync(http), () => Log);
    }

    /// <summary>Whether it says to this client that it can issue.</summary>
    /// <exception cref="InvalidOperationException">The process has ended.</exception>
    public async Task<bool> IsReadyAsync(HttpClient http)
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"{_command} ended before it was ready, with exit code {await ExitedAsync(Eventually.Deadline)}:\n{Log}");
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The exit code, once it has ended and all that it wrote is read.</summary>
    /// <exception cref="TimeoutException">It still runs after <paramref name="deadline"/>.</exception>
    public async Task<int> ExitedAsync(TimeSpan deadline)
    {
        using var passed = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(passed.Token);
        }
        catch (OperationCanceledException)
        {
            throw StillRuns(deadline);
        }

        return _process.ExitCode;
    }

    /// <summary>Sends SIGKILL before it returns; the task ends when the process is gone.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    /// <exception cref="TimeoutException">It still runs after <paramref name="deadline"/>.</exception>
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
    }

    private EndedProcess Ended() => new(_command, _process.ExitCode, Output, Errors);

    private TimeoutException StillRuns(TimeSpan deadline) => new($"{_command} still runs after {deadline.TotalSeconds} s:\n{Log}");

    private void Write(bool isError, string? line)
    {
        if (line is not null)
            _written.Enqueue((isError, line));
    }

    private static string Text(IEnumerable<(bool IsError, string Line)> written) => string.Concat(written.Select(one => one.Line + '\n'));

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
