using System.Net;
using System.Net.Sockets;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>
/// Stands between a client and its server, and cuts the line once: at the n-th thing that the client says. Or it lets lines fall silent.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _cut = new();
    private int _untilCut = int.MaxValue;
    private int _silences;

    public CuttingProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether the cut is still to come.</summary>
    public bool IsArmed => Volatile.Read(ref _untilCut) is > 0 and < int.MaxValue;

    /// <summary>Cuts every line at what the client says as the <paramref name="at"/>-th: the server hears it and does it, and the reply is lost.</summary>
    public void Arm(int at) => Volatile.Write(ref _untilCut, at);

    /// <summary>Cuts no more; who connects from now on is let through.</summary>
    public void Disarm()
    {
        Volatile.Write(ref _untilCut, int.MaxValue);
        _cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>
    /// From now on nothing comes through on the lines that are open, and nobody is told: as when the server's address is another machine's by now.
    /// New lines are let through.
    /// </summary>
    public void FallSilent() => Interlocked.Increment(ref _silences);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        _cut.TrySetResult();
        await _accepting;
    }

    private bool IsSilent(int silencesBefore) => Volatile.Read(ref _silences) != silencesBefore;

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (SocketException)
            {
                return;
            }

            _ = ForwardAsync(client, _cut.Task, Volatile.Read(ref _silences));
        }
    }

    private async Task ForwardAsync(TcpClient client, Task cut, int silences)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort);
            await Task.WhenAny(cut, UpAsync(client.GetStream(), server.GetStream(), silences), DownAsync(server.GetStream(), client.GetStream(), cut, silences));
        }
    }

    private async Task UpAsync(NetworkStream client, NetworkStream server, int silences)
    {
        var buffer = new byte[1 << 20];
        try
        {
            while (await client.ReadAsync(buffer) is > 0 and var count)
            {
                if (IsSilent(silences))
                    continue;
                if (IsArmed)
                    Interlocked.Decrement(ref _untilCut);
                await server.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (IOException)
        {
        }
    }

    private async Task DownAsync(NetworkStream server, NetworkStream client, Task cut, int silences)
    {
        var buffer = new byte[1 << 20];
        try
        {
            while (await server.ReadAsync(buffer) is > 0 and var count)
            {
                if (IsSilent(silences))
                    continue;
                // Not armed any more, and not cut yet: this is the reply that gets lost.
                if (Volatile.Read(ref _untilCut) == 0)
                    _cut.TrySetResult();
                if (cut.IsCompleted)
                    return;
                await client.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
        }
    }
}
