using System.Net;
using System.Net.Sockets;

namespace CouponAkka.Deployment.Tests;

internal static class Ports
{
    /// <summary>A port of the loopback interface that nobody listens on now.</summary>
    public static int Free()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
