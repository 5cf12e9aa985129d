using System.Net.Sockets;

namespace CouponAkka.Sharded.Membership;

/// <summary>Whether anybody listens on a port.</summary>
internal static class Port
{
    private static readonly TimeSpan Expected = TimeSpan.FromMilliseconds(500);

    /// <summary>The machine says that nobody does: the process that did is no more. False if somebody does, and if there is no answer in time.</summary>
    public static async Task<bool> IsRefusedAsync(string host, int port)
    {
        using var late = new CancellationTokenSource(Expected);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, late.Token);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
