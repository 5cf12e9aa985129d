using System.Globalization;
using Akka.Actor;

namespace CouponAkka.Sharded.Membership;

/// <summary>What a process is called in the database, in logs and in <c>/cluster</c>: <c>host:port</c>, where Akka reaches it.</summary>
internal static class MemberName
{
    public static string Of(Address address) => $"{address.Host}:{address.Port}";

    /// <param name="self">Protocol and system are the same for all.</param>
    public static Address AddressOf(string name, Address self)
    {
        var colon = name.LastIndexOf(':');
        return new Address(self.Protocol, self.System, name[..colon], int.Parse(name.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }
}
