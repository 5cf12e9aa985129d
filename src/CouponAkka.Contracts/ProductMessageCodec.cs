using CouponAkka.Domain.Products;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>What is asked of a product and what it answers, as bytes, for the wire between two processes that may be of different releases.</summary>
public static class ProductMessageCodec
{
    private const string Put = "put";
    private const string Change = "change";
    private const string Add = "restock";
    private const string Get = "get";
    private const string Reserve = "reserve";
    private const string Release = "release";
    private const string Sell = "sell";
    private const string Is = "is";
    private const string Heard = "heard";
    private const string Refused = "refused";

    /// <exception cref="InvalidDataException">The command can't be, so that <see cref="DecodeCommand"/> would refuse its bytes.</exception>
    public static EncodedPart Encode(ProductCommand command)
    {
        Rules.Check(command);
        return command switch
        {
            ReserveStock reserve => Part(Reserve, new Wire.ReserveStock { Quantity = reserve.Quantity, OrderId = reserve.OrderId }),
            SellStock sell => Part(Sell, new Wire.SellStock { OrderId = sell.OrderId }),
            ReleaseStock release => Part(Release, new Wire.ReleaseStock { OrderId = release.OrderId }),
            GetProduct => Part(Get, new Wire.GetProduct()),
            Restock restock => Part(Add, ToWire(restock)),
            PutProduct put => Part(Put, new Wire.PutProduct { Price = put.Price, Stock = put.Stock, Name = put.Name }),
            ChangeProduct change => Part(Change, ToWire(change)),
            _ => throw new ArgumentException($"There is no codec for the command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <summary>The command that <see cref="Encode(ProductCommand)"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a command can't be.</exception>
    public static ProductCommand DecodeCommand(long productId, EncodedPart encoded)
    {
        var payload = encoded.Payload.Span;
        try
        {
            ProductCommand command = encoded.Manifest switch
            {
                Reserve when Wire.ReserveStock.Parser.ParseFrom(payload) is var reserve => new ReserveStock(reserve.OrderId, reserve.Quantity),
                Sell => new SellStock(Wire.SellStock.Parser.ParseFrom(payload).OrderId),
                Release => new ReleaseStock(Wire.ReleaseStock.Parser.ParseFrom(payload).OrderId),
                // Parsed all the same: bytes that are no message are refused.
                Get => Wire.GetProduct.Parser.ParseFrom(payload) is { } ? GetProduct.Instance : null!,
                Add when Wire.Restock.Parser.ParseFrom(payload) is var restock => new Restock(restock.Quantity, restock.HasKey ? restock.Key : null),
                Put when Wire.PutProduct.Parser.ParseFrom(payload) is var put => new PutProduct(put.Name, put.Price, put.Stock),
                Change => FromWire(Wire.ChangeProduct.Parser.ParseFrom(payload).Changes),
                _ => throw new InvalidDataException("No command has this manifest."),
            };
            Rules.Check(command);
            return command;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Product {productId}", encoded.Manifest, cause);
        }
    }

    public static EncodedPart Encode(ProductReply reply)
    {
        switch (reply)
        {
            case OrderHeard:
                return Part(Heard, new Wire.OrderHeard());
            case ProductIs answer:
                Rules.Check(answer.Product);
                return Part(Is, WireFields.ToWire(answer.Product, answer.Created));
            case ProductRefused refused:
                return Part(Refused, new Wire.ProductRefused { Reason = (int)refused.Reason });
            default:
                throw new ArgumentException($"There is no codec for the reply {reply.GetType().Name}.", nameof(reply));
        }
    }

    /// <summary>The reply that <see cref="Encode(ProductReply)"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a reply can't be.</exception>
    public static ProductReply DecodeReply(long productId, EncodedPart encoded)
    {
        var payload = encoded.Payload.Span;
        try
        {
            return encoded.Manifest switch
            {
                Heard => Wire.OrderHeard.Parser.ParseFrom(payload) is { } ? OrderHeard.Instance : null!,
                Is => FromWire(productId, Wire.ProductView.Parser.ParseFrom(payload)),
                Refused => FromWire(Wire.ProductRefused.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No reply has this manifest."),
            };
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Product {productId}", encoded.Manifest, cause);
        }
    }

    private static EncodedPart Part(string manifest, IMessage message) => new(manifest, message.ToByteArray());

    private static Wire.Restock ToWire(Restock restock)
    {
        var wire = new Wire.Restock { Quantity = restock.Quantity };
        if (restock.Key is { } key)
            wire.Key = key;
        return wire;
    }

    private static Wire.ChangeProduct ToWire(ChangeProduct change)
    {
        var changes = new Wire.ChangeProduct.Types.Changes();
        if (change.Name is { } name)
            changes.Name = name;
        if (change.Price is { } price)
            changes.Price = price;
        return new Wire.ChangeProduct { Changes = changes };
    }

    private static ChangeProduct FromWire(Wire.ChangeProduct.Types.Changes? wire)
    {
        if (wire is null)
            throw new InvalidDataException("The changes are missing.");
        return new ChangeProduct(wire.HasName ? wire.Name : null, wire.HasPrice ? wire.Price : null);
    }

    private static ProductIs FromWire(long productId, Wire.ProductView wire)
    {
        var product = WireFields.FromWire(productId, wire);
        Rules.Check(product);
        return new ProductIs(product, wire.Created);
    }

    private static ProductRefused FromWire(Wire.ProductRefused wire) => Enum.IsDefined((ProductRefusal)wire.Reason)
        ? new((ProductRefusal)wire.Reason)
        : throw new InvalidDataException($"Reason {wire.Reason} is not known.");
}
