using System.Net;
using System.Net.Sockets;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>What stands between one member and the database, and may fall silent or be cut.</summary>
/// <param name="serverPort">Asked at each connection, for the server may not run yet, or elsewhere when it comes back.</param>
public sealed class DatabaseLine : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int> _serverPort;
    private readonly Lock _turn = new();
    private readonly List<Call> _calls = [];
    private bool _isCut;

    public DatabaseLine(Func<int> serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>
    /// Nothing comes through any more on the connections that are open, and nobody is told: as when a floating address moves, or a machine is
    /// gone. New connections work.
    /// </summary>
    /// <returns>How many connections there were.</returns>
    public int Silence()
    {
        lock (_turn)
        {
            _calls.ForEach(call => call.Silence());
            return _calls.Count;
        }
    }

    /// <summary>Every connection breaks, and so does every new one, until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        lock (_turn)
        {
            _isCut = true;
            _calls.ForEach(call => call.Dispose());
        }
    }

    public void Mend()
    {
        lock (_turn)
            _isCut = false;
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception disposed) when (disposed is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = CarryAsync(client);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var call = new Call(client);
        lock (_turn)
        {
            if (_isCut)
                return;
            _calls.Add(call);
        }

        await call.CarryAsync(_serverPort);
        lock (_turn)
            _calls.Remove(call);
    }

    private sealed class Call(TcpClient client) : IDisposable
    {
        private readonly TcpClient _server = new();
        private readonly TaskCompletionSource _hungUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isSilent;

        // The server sees the end, for it would be another one, with none of its locks.
        public void Silence()
        {
            _isSilent = true;
            _server.Dispose();
        }

        public async Task CarryAsync(Func<int> serverPort)
        {
            try
            {
                await _server.ConnectAsync(IPAddress.Loopback, serverPort());
                client.NoDelay = _server.NoDelay = true;
                await Task.WhenAny(CarryAsync(client.GetStream(), _server.GetStream()), CarryAsync(_server.GetStream(), client.GetStream()));
            }
            catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException)
            {
                // Whoever waits for the other side sees the line closed.
            }
        }

        public void Dispose()
        {
            _hungUp.TrySetResult();
            client.Dispose();
            _server.Dispose();
        }

        private async Task CarryAsync(NetworkStream from, NetworkStream to)
        {
            var buffer = new byte[1 << 16];
            try
            {
                while (await from.ReadAsync(buffer) is > 0 and var count && !_isSilent)
                    await to.WriteAsync(buffer.AsMemory(0, count));
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                // As above.
            }

            if (_isSilent)
                await _hungUp.Task;
        }
    }
}
