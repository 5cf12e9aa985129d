using System.Net.NetworkInformation;

namespace CouponAkka.Deployment.Tests;

internal static class Ports
{
    /// <summary>A port that nobody listens on now, below those that the kernel hands out to others meanwhile.</summary>
    public static int Free()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        int port;
        do
            port = Random.Shared.Next(10_000, 30_000);
        while (taken.Contains(port));
        return port;
    }
}
