using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>What is asked of a vendor and what it answers, as bytes, for the wire between two processes that may be of different releases.</summary>
public static class VendorMessageCodec
{
    private const string Put = "put";
    private const string Get = "get";
    private const string Credit = "credit";
    private const string Saved = "saved";
    private const string Found = "found";
    private const string IsCredited = "credited";
    private const string Refused = "refused";

    /// <exception cref="InvalidDataException">The command can't be, so that <see cref="DecodeCommand"/> would refuse its bytes.</exception>
    public static EncodedPart Encode(VendorCommand command)
    {
        Rules.Check(command);
        return command switch
        {
            CreditVendor credit => Part(Credit, ToWire(credit)),
            GetVendor => Part(Get, new Wire.GetVendor()),
            PutVendor put => Part(Put, new Wire.PutVendor { Name = put.Name }),
            _ => throw new ArgumentException($"There is no codec for the command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <summary>The command that <see cref="Encode(VendorCommand)"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a command can't be.</exception>
    public static VendorCommand DecodeCommand(long vendorId, EncodedPart encoded)
    {
        var payload = encoded.Payload.Span;
        try
        {
            VendorCommand command = encoded.Manifest switch
            {
                Credit => FromWire(Wire.CreditVendor.Parser.ParseFrom(payload)),
                // Parsed all the same: bytes that are no message are refused.
                Get => Wire.GetVendor.Parser.ParseFrom(payload) is { } ? GetVendor.Instance : null!,
                Put => new PutVendor(Wire.PutVendor.Parser.ParseFrom(payload).Name),
                _ => throw new InvalidDataException("No command has this manifest."),
            };
            Rules.Check(command);
            return command;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Vendor {vendorId}", encoded.Manifest, cause);
        }
    }

    public static EncodedPart Encode(VendorReply reply) => reply switch
    {
        Credited => Part(IsCredited, new Wire.VendorIsCredited()),
        VendorFound found => Part(Found, ToWire(found.Vendor, created: false)),
        VendorSaved saved => Part(Saved, ToWire(saved.Vendor, saved.Created)),
        VendorRefused refused => Part(Refused, new Wire.VendorRefused { Reason = (int)refused.Reason }),
        _ => throw new ArgumentException($"There is no codec for the reply {reply.GetType().Name}.", nameof(reply)),
    };

    /// <summary>The reply that <see cref="Encode(VendorReply)"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a reply can't be.</exception>
    public static VendorReply DecodeReply(long vendorId, EncodedPart encoded)
    {
        var payload = encoded.Payload.Span;
        try
        {
            return encoded.Manifest switch
            {
                IsCredited => Wire.VendorIsCredited.Parser.ParseFrom(payload) is { } ? Credited.Instance : null!,
                Found => new VendorFound(FromWire(vendorId, Wire.VendorView.Parser.ParseFrom(payload)).Vendor),
                Saved when FromWire(vendorId, Wire.VendorView.Parser.ParseFrom(payload)) is var (vendor, created) => new VendorSaved(vendor, created),
                Refused => FromWire(Wire.VendorRefused.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No reply has this manifest."),
            };
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Vendor {vendorId}", encoded.Manifest, cause);
        }
    }

    private static EncodedPart Part(string manifest, IMessage message) => new(manifest, message.ToByteArray());

    private static Wire.CreditVendor ToWire(CreditVendor credit)
    {
        var wire = new Wire.CreditVendor
        {
            Cause = WireFields.ToWire(credit.Cause),
            CouponId = credit.CouponId,
            UserId = credit.UserId,
            Ticket = credit.Ticket,
            Amount = credit.Amount,
        };
        if (credit.OrderId is { } orderId)
            wire.OrderId = orderId;
        return wire;
    }

    private static CreditVendor FromWire(Wire.CreditVendor wire) => new(
        WireFields.FromWire(wire.Cause), wire.CouponId, wire.UserId, wire.Ticket, wire.HasOrderId ? wire.OrderId : null, wire.Amount);

    private static Wire.VendorView ToWire(VendorView vendor, bool created)
    {
        Rules.Check(vendor);
        return new()
        {
            Name = vendor.Name,
            Balance = vendor.Balance,
            CouponsUsed = vendor.CouponsUsed,
            Created = created,
            DateCreated = vendor.DateCreated.UnixMicroseconds,
            DateUpdated = vendor.DateUpdated.UnixMicroseconds,
        };
    }

    private static (VendorView Vendor, bool Created) FromWire(long vendorId, Wire.VendorView wire)
    {
        var vendor = new VendorView(
            vendorId,
            wire.Name,
            wire.Balance,
            wire.CouponsUsed,
            WireFields.Time("time of creation", wire.HasDateCreated, wire.DateCreated),
            WireFields.Time("time of update", wire.HasDateUpdated, wire.DateUpdated));
        Rules.Check(vendor);
        return (vendor, wire.Created);
    }

    private static VendorRefused FromWire(Wire.VendorRefused wire) => Enum.IsDefined((VendorRefusal)wire.Reason)
        ? new((VendorRefusal)wire.Reason)
        : throw new InvalidDataException($"Reason {wire.Reason} is not known.");
}
