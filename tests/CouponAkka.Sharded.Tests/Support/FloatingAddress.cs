using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>An address that leads to one server, and after a fail-over to another: whoever is connected then is cut off.</summary>
internal sealed class FloatingAddress : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _lines = new();
    private readonly Task _accepting;
    private volatile int _serverPort;

    public FloatingAddress(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void MoveTo(int serverPort)
    {
        _serverPort = serverPort;
        Cut();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Cut();
    }

    private void Cut()
    {
        foreach (var line in _lines.Keys)
            line.Close();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ForwardAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            _lines[client] = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _serverPort);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
            }
            catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // What a client of a dead server gets: its line is closed.
            }

            _lines.TryRemove(client, out _);
        }
    }
}
