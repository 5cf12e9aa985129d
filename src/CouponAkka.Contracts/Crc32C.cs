using System.Buffers.Binary;
using System.Numerics;

namespace CouponAkka.Contracts;

/// <summary>CRC-32C (Castagnoli), which the processor computes.</summary>
public static class Crc32C
{
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var last in bytes)
            crc = BitOperations.Crc32C(crc, last);
        return crc;
    }
}
