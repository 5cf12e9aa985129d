using CouponAkka.Domain.Products;

namespace CouponAkka.Contracts;

/// <content>What can be of products. Whether there is so much of it is the product's to know.</content>
internal static partial class Rules
{
    public static void Check(ProductEvent happened)
    {
        switch (happened)
        {
            case StockMoved moved:
                Check(moved.Orders);
                CheckAmount("Price", moved is StockReserved reserved ? reserved.Price : 0);
                CheckTime("Time", moved.At);
                break;
            case Restocked restocked:
                CheckId("Quantity", restocked.Quantity);
                CheckKey(restocked.Key);
                CheckTime("Time", restocked.At);
                break;
            case ProductCreated created:
                CheckName(created.Name);
                CheckAmount("Price", created.Price);
                CheckAmount("Stock", created.Stock);
                CheckTime("Time", created.At);
                break;
            case ProductChanged changed:
                CheckName(changed.Name);
                CheckAmount("Price", changed.Price);
                CheckTime("Time", changed.At);
                break;
        }
    }

    public static void Check(ProductCommand command)
    {
        switch (command)
        {
            case ReserveStock reserve:
                CheckId("Order id", reserve.OrderId);
                CheckQuantity(reserve.Quantity);
                break;
            case ReleaseStock release:
                CheckId("Order id", release.OrderId);
                break;
            case SellStock sell:
                CheckId("Order id", sell.OrderId);
                break;
            case Restock restock:
                CheckId("Quantity", restock.Quantity);
                CheckKey(restock.Key);
                break;
            case PutProduct put:
                CheckName(put.Name);
                CheckAmount("Price", put.Price);
                CheckAmount("Stock", put.Stock);
                break;
            case ChangeProduct change:
                if (change.Name is { } name)
                    CheckName(name);
                CheckAmount("Price", change.Price);
                break;
        }
    }

    public static void Check(ProductView product)
    {
        CheckName(product.Name);
        CheckAmount("Price", product.Price);
        CheckAmount("What is available", product.Available);
        CheckAmount("What is reserved", product.Reserved);
        CheckAmount("What is sold", product.Sold);
        CheckTime("Time of creation", product.DateCreated);
        CheckTime("Time of update", product.DateUpdated);
    }

    public static void Check(ProductSnapshot snapshot)
    {
        Check(snapshot.Product);
        CheckAmount("First stock", snapshot.FirstStock);
        foreach (var restock in snapshot.Restocks)
        {
            CheckId("Quantity", restock.Quantity);
            CheckKey(restock.Key);
        }

        foreach (var order in snapshot.Orders)
        {
            CheckId("Order id", order.OrderId);
            CheckQuantity(order.Quantity);
            CheckDefined("State", order.State);
        }
    }

    private static void Check(OrderStock[] orders)
    {
        if (orders.Length == 0)
            throw new InvalidDataException("It holds no order.");
        foreach (var order in orders)
        {
            CheckId("Order id", order.OrderId);
            CheckQuantity(order.Quantity);
        }
    }

    private static void CheckQuantity(int quantity)
    {
        if (!Product.IsQuantity(quantity))
            throw new InvalidDataException($"Quantity {quantity} is not in 1 … {Product.MaxQuantity}.");
    }

    private static void CheckKey(string? key)
    {
        if (key is "")
            throw new InvalidDataException("The key is empty.");
    }
}
