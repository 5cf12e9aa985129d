namespace CouponAkka.Domain.Products;

/// <summary>What a product answers.</summary>
public abstract record ProductReply : Reply
{
    /// <summary>The write that this answer rests on may or may not have landed.</summary>
    public static readonly ProductRefused OutcomeUnknown = new(ProductRefusal.OutcomeUnknown);

    /// <summary>Nothing was decided.</summary>
    public static readonly ProductRefused Unavailable = new(ProductRefusal.Unavailable);
}

/// <summary>The product as it is now; it was created by this command, if <paramref name="Created"/>.</summary>
public sealed record ProductIs(ProductView Product, bool Created = false) : ProductReply;

/// <summary>The product has heard what an order asks. What came of it, its events tell the order.</summary>
public sealed record OrderHeard : ProductReply
{
    public static readonly OrderHeard Instance = new();
}

/// <summary>No, and why.</summary>
public sealed record ProductRefused(ProductRefusal Reason) : ProductReply;

/// <summary>Why a product refuses.</summary>
public enum ProductRefusal
{
    ProductNotExist = 1,
    ProductAlreadyExist,
    TooMuchStock,
    KeyReused,
    OutcomeUnknown,
    Unavailable,
}

/// <summary>A product as it stands. Available, reserved and sold together are all that was ever added.</summary>
public sealed record ProductView(
    long ProductId,
    string Name,
    long Price,
    long Available,
    long Reserved,
    long Sold,
    Timestamp DateCreated,
    Timestamp DateUpdated);
