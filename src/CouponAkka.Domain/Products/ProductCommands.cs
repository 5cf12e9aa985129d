namespace CouponAkka.Domain.Products;

/// <summary>What can be asked of one product.</summary>
public abstract record ProductCommand : Command;

/// <summary>Create the product, or learn that the same stands already.</summary>
/// <param name="Stock">How many there are to begin with.</param>
public sealed record PutProduct(string Name, long Price, long Stock) : ProductCommand;

/// <summary>Change what is given and leave the rest. An order keeps the price at which its stock was reserved.</summary>
public sealed record ChangeProduct(string? Name = null, long? Price = null) : ProductCommand;

/// <summary>Add <paramref name="Quantity"/> to the stock.</summary>
/// <param name="Key">The asker's own: the same key adds once, as long as the product remembers it (<see cref="Product.RestockKeys"/>).</param>
public sealed record Restock(long Quantity, string? Key = null) : ProductCommand;

/// <summary>What is the product, and how much of it is there?</summary>
public sealed record GetProduct : ProductCommand
{
    public static readonly GetProduct Instance = new();
}

/// <summary>Set <paramref name="Quantity"/> aside for an order. An order asks once in its life; asked again, nothing more happens.</summary>
public sealed record ReserveStock(long OrderId, int Quantity) : ProductCommand;

/// <summary>The order is canceled: what was set aside for it may be had again.</summary>
public sealed record ReleaseStock(long OrderId) : ProductCommand;

/// <summary>The order is paid: what was set aside for it is gone.</summary>
public sealed record SellStock(long OrderId) : ProductCommand;
