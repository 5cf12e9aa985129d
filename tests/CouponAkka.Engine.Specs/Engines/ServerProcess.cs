using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>One process of an engine, started with <c>dotnet</c>, with everything that it writes.</summary>
public sealed class ServerProcess : IDisposable
{
    private const int Sigterm = 15;

    // Outside the range from which the system takes the ports of outgoing connections, of which a load makes thousands; and of those of clusters.
    private const int FirstPort = 20_000;
    private const int LastPort = 30_000;

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ServerProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Write(line.Data);
        _process.ErrorDataReceived += (_, line) => Write(line.Data);
    }

    /// <summary>What the process has written so far, to either stream.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Starts a program with no admin key in its environment, so that admin calls are taken from loopback.</summary>
    /// <exception cref="FileNotFoundException"><paramref name="program"/> is not built.</exception>
    public static ServerProcess Start(string program, params IEnumerable<string> arguments) => Start(program, [], arguments);

    /// <inheritdoc cref="Start(string, IEnumerable{string})"/>
    /// <param name="environment">What it finds there beside what this process has.</param>
    public static ServerProcess Start(string program, IEnumerable<KeyValuePair<string, string>> environment, IEnumerable<string> arguments)
    {
        if (!File.Exists(program))
            throw new FileNotFoundException($"{program} is not there: build it in this configuration first.", program);
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program),
        };
        start.Environment.Remove("Admin__ApiKey");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var server = new ServerProcess(new Process { StartInfo = start });
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>An address on the loopback interface on which nobody listens.</summary>
    public static Uri FreeAddress()
    {
        while (true)
        {
            var port = Random.Shared.Next(FirstPort, LastPort);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return new Uri($"http://127.0.0.1:{port}");
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next random port is as good.
            }
        }
    }

    /// <summary>Returns when the process that listens on <paramref name="address"/> says that it can issue.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or the deadline passed.</exception>
    public async Task ReadyAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = StartDeadline };
        var waited = Stopwatch.StartNew();
        while (!await IsReadyAsync(http))
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"The process ended before it was ready, with exit code {await ExitedAsync(StartDeadline)}:\n{Output}");
            if (waited.Elapsed > StartDeadline)
                throw new InvalidOperationException($"The process is not ready after {StartDeadline.TotalSeconds} s:\n{Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Sends SIGKILL before it returns; the task ends when the process is gone.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    /// <exception cref="TimeoutException">The process still runs after <paramref name="deadline"/>.</exception>
    public Task<int> TerminateAsync(TimeSpan deadline)
    {
        if (kill(_process.Id, Sigterm) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        return ExitedAsync(deadline);
    }

    /// <summary>The exit code, once the process has ended and all its output is read.</summary>
    /// <exception cref="TimeoutException">The process still runs after <paramref name="deadline"/>.</exception>
    public async Task<int> ExitedAsync(TimeSpan deadline)
    {
        using var passed = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(passed.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The process still runs after {deadline.TotalSeconds} s:\n{Output}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Write(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int processId, int signal);
}
