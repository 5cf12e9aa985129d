using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CouponAkka.Api.Coupons;
using CouponAkka.Domain;

namespace CouponAkka.Api.Orders;

/// <summary>Ids for orders: of their key, so that who asks again under it finds the same order; or by time and chance.</summary>
internal sealed class OrderIds(CouponIds ids)
{
    /// <summary>The ids to try, one after another, until one is not another order's.</summary>
    public IEnumerable<long> For(string? key) =>
        Enumerable.Range(0, CouponIds.MostTried).Select(attempt => key is null ? ids.Next() : Of(key, attempt));

    private static long Of(string key, int attempt)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{attempt} {key}")));
        return Math.Max(1, BinaryPrimitives.ReadInt64LittleEndian(hash) & Ids.Max);
    }
}
