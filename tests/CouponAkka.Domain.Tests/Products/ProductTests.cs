using CouponAkka.Domain.Products;

namespace CouponAkka.Domain.Tests.Products;

public class ProductTests
{
    private static readonly Timestamp Noon = Timestamp.From(new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_key_adds_once_until_it_is_forgotten()
    {
        var product = Created(stock: 1);
        Ask(product, new Restock(5, "first"));

        Assert.Equal(6, Available(Ask(product, new Restock(5, "first"))));
        Assert.Equal(new ProductRefused(ProductRefusal.KeyReused), Ask(product, new Restock(6, "first")));
        product = Product.From(product.TakeSnapshot());
        Assert.Equal(6, Available(Ask(product, new Restock(5, "first"))));
        for (var key = 0; key < Product.RestockKeys; key++)
            Ask(product, new Restock(1, $"{key}"));
        Assert.Equal(6 + Product.RestockKeys + 5, Available(Ask(product, new Restock(5, "first"))));
    }

    [Fact]
    public void Two_restocks_without_a_key_are_two()
    {
        var product = Created(stock: 1);
        Ask(product, new Restock(5));

        Assert.Equal(11, Available(Ask(product, new Restock(5))));
    }

    [Fact]
    public void No_more_is_added_than_can_be_counted() =>
        Assert.Equal(new ProductRefused(ProductRefusal.TooMuchStock), Ask(Created(stock: 1), new Restock(Product.MaxStock)));

    [Fact]
    public void The_same_product_stands_and_another_is_refused()
    {
        var product = Created(stock: 4);

        Assert.IsType<ProductIs>(Ask(product, new PutProduct("Thing", 100, 4)));
        Assert.Equal(new ProductRefused(ProductRefusal.ProductAlreadyExist), Ask(product, new PutProduct("Thing", 100, 5)));
    }

    [Fact]
    public void Neighbours_of_one_price_are_one_row()
    {
        Event[] events =
        [
            Reserved(1, price: 10), Reserved(2, price: 10), Reserved(3, price: 11), new StockSold([new(1, 1)], Noon), new StockSold([new(2, 1)], Noon),
        ];

        Assert.Equal(
            [new StockReserved([new(1, 1), new(2, 1)], 10, Noon), Reserved(3, price: 11), new StockSold([new(1, 1), new(2, 1)], Noon)],
            ProductEvent.Coalesce(events));
    }

    private static StockReserved Reserved(long order, long price) => new([new(order, 1)], price, Noon);

    private static Product Created(long stock)
    {
        var product = new Product(7);
        Ask(product, new PutProduct("Thing", 100, stock));
        return product;
    }

    private static long Available(Reply reply) => Assert.IsType<ProductIs>(reply).Product.Available;

    private static Reply Ask(Product product, ProductCommand command)
    {
        var decision = product.Decide(command, Noon);
        if (decision.Event is { } happened)
            product.Evolve(happened);
        return decision.Reply;
    }
}
