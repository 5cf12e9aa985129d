using System.Text.Json;
using System.Text.Json.Serialization;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Projecting;

namespace CouponAkka.Engine.Vendors;

/// <summary>A vendor as lists show it, which is as it says of itself: not before it has a name. Its payouts are there before.</summary>
public sealed class VendorDocument : EntityView
{
    /// <summary>The list of a vendor's payouts, by their numbers.</summary>
    public const string Payouts = "payouts";

    private readonly long _id;
    private VendorView? _vendor;

    /// <exception cref="UnreadableMessageException"><paramref name="before"/> is damaged.</exception>
    internal VendorDocument(long id, string? before)
    {
        _id = id;
        _vendor = before is null ? null : ReadVendor(before);
    }

    public override void Apply(Event happened)
    {
        switch (happened)
        {
            case VendorCredited credited:
                Apply(credited);
                break;
            case VendorNamed named:
                Apply(named);
                break;
            default:
                throw new InvalidEventException($"Vendor {_id} knows no event {happened.GetType().Name}.");
        }
    }

    public override string? ToJson() => _vendor is null ? null : JsonSerializer.Serialize(_vendor, VendorDocumentJson.Default.VendorView);

    /// <summary>The vendor that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="UnreadableMessageException">It is damaged.</exception>
    public static VendorView ReadVendor(string json) => Read(json, VendorDocumentJson.Default.VendorView, "A vendor in a list");

    /// <summary>The payout that a line of <see cref="Payouts"/> holds.</summary>
    /// <exception cref="UnreadableMessageException">It is damaged.</exception>
    public static Payout ReadPayout(ListLine line) =>
        Read(line.Json, VendorDocumentJson.Default.Payout, $"Payout {line.Position} of vendor {line.Owner}");

    private void Apply(VendorCredited credited)
    {
        var payout = new Payout(credited.CouponId, credited.UserId, credited.Ticket, credited.OrderId, credited.Amount, credited.At);
        Add(new ListLine(Payouts, _id, credited.Number, JsonSerializer.Serialize(payout, VendorDocumentJson.Default.Payout)));
        if (_vendor is null)
            return;
        if (credited.Number != _vendor.CouponsUsed + 1)
            throw new InvalidEventException($"Vendor {_id} is paid number {credited.Number} after number {_vendor.CouponsUsed}.");
        if (credited.Amount > long.MaxValue - _vendor.Balance)
            throw new InvalidEventException($"Vendor {_id} is paid {credited.Amount} to a balance of {_vendor.Balance}.");
        _vendor = _vendor with { Balance = _vendor.Balance + credited.Amount, CouponsUsed = credited.Number };
    }

    private void Apply(VendorNamed named)
    {
        if (_vendor is not null && (named.Balance, named.CouponsUsed) != (_vendor.Balance, _vendor.CouponsUsed))
            throw new InvalidEventException($"Vendor {_id} is named with another balance than {_vendor.Balance} of {_vendor.CouponsUsed} payouts.");
        _vendor = new(_id, named.Name, named.Balance, named.CouponsUsed, _vendor?.DateCreated ?? named.At, named.At);
    }
}

/// <summary>What a vendor was paid for a used unit.</summary>
public sealed record Payout(long CouponId, long UserId, long Ticket, long? OrderId, long Amount, Timestamp At);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(VendorView))]
[JsonSerializable(typeof(Payout))]
internal sealed partial class VendorDocumentJson : JsonSerializerContext;
