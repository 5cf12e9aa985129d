using System.Net;
using System.Net.Sockets;

namespace CouponAkka.Testing;

/// <summary>Ports for programs under test.</summary>
public static class Ports
{
    // Below the range from which the system takes the ports of outgoing connections, of which a load makes thousands; and above those of clusters.
    // Each once, for a program that was given one may not yet listen.
    private static int _last = Random.Shared.Next(20_000, 30_000);

    /// <summary>A port of the loopback interface on which nobody listens.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _last);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next is as good.
            }
        }
    }

    /// <summary>An address with such a port.</summary>
    public static Uri FreeAddress() => new($"http://127.0.0.1:{Free()}");
}
