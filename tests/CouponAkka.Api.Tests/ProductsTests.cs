using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Api.Tests;

/// <summary>
/// Products: put up, changed, restocked and listed. The contract's rows of them; what orders do to their stock, <see cref="OrdersTests"/> tell.
/// </summary>
public sealed class ProductsTests(SharedService shared) : ApiTests(shared)
{
    private const string Chicken = """{"name":"Half a chicken","price":9000,"stock":100}""";
    private const long MaxPrice = 9007199254740;
    private const long MaxStock = 9007199254740991;

    private static readonly string[] NoAmount =
        ["null", "\"5\"", "1.5", "1.0", "1e2", "-1", "9007199254740992", "9223372036854775808", "true", "\"\"", "{}", "[1]"];

    private static readonly string[] NoName = ["null", "1", "true", "[]", "\"\"", "\" \"", "\"a\\nb\"", "\"\\ud83c\"", $"\"{new string('x', 256)}\""];

    [Fact]
    public async Task A_product_is_put_up_once_and_found()
    {
        var id = Given.NewCouponId();

        var created = await When.Put($"/products/{id}", Chicken);
        IsProduct(Then.IsJson(201, created), id, "Half a chicken", price: 9_000, available: 100);
        Assert.Equal($"/products/{id}", created.Location);
        Assert.Equal(created.Body, Then.Is(200, await When.Put($"/products/{id}", Chicken)).Body);
        Assert.Equal(created.Body, Then.Is(200, await When.Get($"/products/{id}")).Body);
    }

    [Theory]
    [InlineData("""{"name":"A chicken","price":9000,"stock":100}""")]
    [InlineData("""{"name":"Half a chicken","price":9001,"stock":100}""")]
    [InlineData("""{"name":"Half a chicken","price":9000,"stock":99}""")]
    public async Task Another_product_in_its_place_is_refused(string other)
    {
        var id = await NewProduct();

        Then.IsProblem(409, "PRODUCT_ALREADY_EXIST", await When.Put($"/products/{id}", other));
        IsProduct((await When.Get($"/products/{id}")).Json, id, "Half a chicken", price: 9_000, available: 100);
    }

    [Fact]
    public async Task The_least_and_the_most_that_a_product_can_be()
    {
        var id = Given.NewCouponId();
        var least = Then.IsJson(201, await When.Put($"/products/{id}", """{"name":"x","price":0,"stock":0}"""));
        IsProduct(least, id, "x", price: 0, available: 0);

        var name = new string('가', 255);
        id = Given.NewCouponId();
        var most = Then.IsJson(201, await When.Put($"/products/{id}", $$"""{"name":"{{name}}","price":{{MaxPrice}},"stock":{{MaxStock}}}"""));
        IsProduct(most, id, name, MaxPrice, available: MaxStock);
    }

    [Fact]
    public async Task A_product_that_was_never_put_up_does_not_exist()
    {
        var id = Given.NewCouponId();

        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await When.Get($"/products/{id}"));
        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await When.Patch($"/products/{id}", """{"price":1}"""));
        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await Restock(id, "5", "k"));
    }

    [Fact]
    public async Task Name_and_price_change_and_what_is_left_out_stays()
    {
        var id = await NewProduct();

        IsProduct(Then.IsJson(200, await When.Patch($"/products/{id}", """{"price":8000}""")), id, "Half a chicken", price: 8_000, available: 100);
        var renamed = Then.IsJson(200, await When.Patch($"/products/{id}", """{"name":"치킨 🍗"}"""));
        IsProduct(renamed, id, "치킨 🍗", price: 8_000, available: 100);
        Assert.True(Then.Time(renamed.GetProperty("dateUpdated")) > Then.Time(renamed.GetProperty("dateCreated")));
        Assert.Equal(renamed.GetRawText(), Then.Is(200, await When.Patch($"/products/{id}", "{}")).Body);
        Assert.Equal(renamed.GetRawText(), Then.Is(200, await When.Get($"/products/{id}")).Body);
    }

    [Fact]
    public async Task Stock_is_added_once_under_each_key()
    {
        var id = await NewProduct();

        IsProduct(Then.IsJson(200, await Restock(id, "50", "delivery 1")), id, "Half a chicken", price: 9_000, available: 150);
        IsProduct(Then.IsJson(200, await Restock(id, "50", "delivery 1")), id, "Half a chicken", price: 9_000, available: 150);
        IsProduct(Then.IsJson(200, await Restock(id, "50", "delivery 2")), id, "Half a chicken", price: 9_000, available: 200);
        Then.IsProblem(409, "IDEMPOTENCY_KEY_REUSED", await Restock(id, "51", "delivery 1"));
        // As it was put up, whatever has become of its stock.
        Then.Is(200, await When.Put($"/products/{id}", Chicken));
        IsProduct((await When.Get($"/products/{id}")).Json, id, "Half a chicken", price: 9_000, available: 200);
    }

    [Fact]
    public async Task A_key_is_another_one_at_another_product()
    {
        var id = await NewProduct();
        var other = await NewProduct();

        Then.Is(200, await Restock(id, "50", "k"));
        IsProduct(Then.IsJson(200, await Restock(other, "7", "k")), other, "Half a chicken", price: 9_000, available: 107);
    }

    [Fact]
    public async Task A_product_has_no_more_than_can_be_told()
    {
        var id = await NewProduct();

        Then.IsProblem(409, "TOO_MUCH_STOCK", await Restock(id, $"{MaxStock - 99}", "k"));
        IsProduct(Then.IsJson(200, await Restock(id, $"{MaxStock - 100}", "k")), id, "Half a chicken", price: 9_000, available: MaxStock);
        Then.IsProblem(409, "TOO_MUCH_STOCK", await Restock(id, "1", "l"));
    }

    [Fact]
    public async Task A_restock_needs_a_key_that_is_one()
    {
        var id = await NewProduct();

        Then.IsInvalid(await When.Post($"/products/{id}/restock", """{"quantity":5}"""), "Idempotency-Key");
        foreach (var key in (string[])["", new('k', 129), "a\tb"])
            Then.IsInvalid(await Restock(id, "5", key), "Idempotency-Key");
        Then.Is(200, await Restock(id, "5", new('~', 128)));
        IsProduct((await When.Get($"/products/{id}")).Json, id, "Half a chicken", price: 9_000, available: 105);
    }

    [Fact]
    public async Task Products_are_listed_by_id_as_they_say_of_themselves()
    {
        // The last ids there are, so that no other test's products follow them.
        const long last = 9007199254740991;
        foreach (var id in (long[])[last, last - 2, last - 1])
            Then.Is(201, await When.Put($"/products/{id}", Chicken));
        Then.Is(200, await When.Patch($"/products/{last}", """{"name":"A wing","price":2500}"""));
        Then.Is(200, await Restock(last - 1, "50", "k"));

        for (var limit = 1; limit <= 4; limit++)
        {
            Assert.Equal(
                [last - 2, last - 1, last],
                await When.Pages("/products", limit, product => product.GetProperty("productId").GetInt64(), $"{last - 3}"));
        }

        foreach (var product in Then.IsPage(await When.Get($"/products?after={last - 3}")).Items)
            Assert.Equal((await When.Get($"/products/{product.GetProperty("productId").GetInt64()}")).Body, product.GetRawText());
    }

    [Fact]
    public async Task A_random_product_is_a_new_one_of_which_there_are_100()
    {
        var answer = await When.Post("/products/random");
        var product = Then.IsJson(201, answer);
        var other = Then.IsJson(201, await When.Post("/products/random"));

        var id = product.GetProperty("productId").GetInt64();
        Assert.NotEqual(id, other.GetProperty("productId").GetInt64());
        Assert.Equal($"/products/{id}", answer.Location);
        IsProduct(product, id, product.GetProperty("name").GetString()!, product.GetProperty("price").GetInt64(), available: 100);
        Assert.Equal(answer.Body, (await When.Get($"/products/{id}")).Body);
    }

    public static TheoryData<string, string[]> BadValues => new()
    {
        { "name", NoName },
        { "price", [.. NoAmount, $"{MaxPrice + 1}"] },
        { "stock", NoAmount },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public async Task A_product_with_a_bad_value_is_refused(string field, string[] values)
    {
        var id = Given.NewCouponId();

        foreach (var value in values)
            Then.IsInvalid(await When.Put($"/products/{id}", With(field, value)), field);
        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await When.Get($"/products/{id}"));
    }

    [Fact]
    public async Task Every_field_that_is_missing_is_named_at_once() =>
        Then.IsInvalid(await When.Put("/products/1", "{}"), "name", "price", "stock");

    [Theory]
    [MemberData(nameof(BadValues))]
    public async Task A_change_to_a_bad_value_or_of_a_field_that_may_not_change_is_refused(string field, string[] values)
    {
        var id = await NewProduct();

        foreach (var value in values)
            Then.IsInvalid(await When.Patch($"/products/{id}", $$"""{"{{field}}":{{value}}}"""), field);
        Then.IsInvalid(await When.Patch($"/products/{id}", """{"price":1,"available":5}"""), "available");
        Then.IsInvalid(await When.Patch($"/products/{id}", """{"price":1,"stock":5}"""), "stock");
        IsProduct((await When.Get($"/products/{id}")).Json, id, "Half a chicken", price: 9_000, available: 100);
    }

    [Fact]
    public async Task A_restock_of_a_bad_quantity_is_refused()
    {
        var id = await NewProduct();

        foreach (var value in NoAmount.Append("0"))
            Then.IsInvalid(await Restock(id, value, "k"), "quantity");
        Then.IsInvalid(
            await When.Send(HttpMethod.Post, $"/products/{id}/restock", When.Content("{}"), ("Idempotency-Key", "k")), "quantity");
        // A key that came with nothing is not taken.
        Then.Is(200, await Restock(id, "1", "k"));
    }

    [Fact]
    public async Task An_id_or_a_page_that_can_not_be_is_refused()
    {
        foreach (var odd in (string[])["0", "-1", "abc", "9007199254740992"])
        {
            Then.IsInvalid(await When.Put($"/products/{odd}", Chicken), "productId");
            Then.IsInvalid(await When.Patch($"/products/{odd}", "{}"), "productId");
            Then.IsInvalid(await When.Get($"/products/{odd}"), "productId");
            Then.IsInvalid(
                await When.Send(HttpMethod.Post, $"/products/{odd}/restock", When.Content("""{"quantity":5}"""), ("Idempotency-Key", "k")), "productId");
        }

        Then.Is(200, await When.Get("/products?limit=200"));
        Then.IsInvalid(await When.Get("/products?limit=201"), "limit");
        Then.IsInvalid(await When.Get("/products?after=x"), "after");
    }

    [Fact]
    public async Task Products_are_put_up_and_changed_by_administrators_only()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "open-sesame")]);

        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Put("/products/1", Chicken));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Patch("/products/1", "{}"));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Post("/products/random"));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Post("/products/1/restock", """{"quantity":5}"""));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Post("/coupons/random"));
        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await service.When.Get("/products/1"));
        Then.IsPage(await service.When.Get("/products"));
    }

    [Theory]
    [InlineData(ProductRefusal.OutcomeUnknown, "ISSUE_OUTCOME_UNKNOWN")]
    [InlineData(ProductRefusal.Unavailable, "UNAVAILABLE")]
    public async Task An_engine_in_trouble_says_so_and_when_to_ask_again(ProductRefusal reason, string code)
    {
        await using var service = CouponService.Start(wrapCoupons: _ => new Refusing(new ProductRefused(reason)));

        Then.IsProblem(503, code, await service.When.Put("/products/1", Chicken));
        Then.IsProblem(503, code, await service.When.Patch("/products/1", "{}"));
        Then.IsProblem(503, code, await service.When.Post("/products/random"));
        Then.IsProblem(503, code, await service.When.Get("/products/1"));
        Then.IsProblem(
            503,
            code,
            await service.When.Send(HttpMethod.Post, "/products/1/restock", When.Content("""{"quantity":5}"""), ("Idempotency-Key", "k")));
        // An order asks whether there is such a product.
        Then.IsProblem(503, code, await service.When.Post("/orders", """{"userId":1,"productId":1,"quantity":1}"""));
    }

    private async Task<long> NewProduct()
    {
        var id = Given.NewCouponId();
        Then.Is(201, await When.Put($"/products/{id}", Chicken));
        return id;
    }

    private Task<Answer> Restock(long productId, string quantity, string key) => When.Send(
        HttpMethod.Post, $"/products/{productId}/restock", When.Content($$"""{"quantity":{{quantity}}}"""), ("Idempotency-Key", key));

    private static string With(string field, string value) => field switch
    {
        "name" => $$"""{"name":{{value}},"price":9000,"stock":100}""",
        "price" => $$"""{"name":"Half a chicken","price":{{value}},"stock":100}""",
        _ => $$"""{"name":"Half a chicken","price":9000,"stock":{{value}}}""",
    };

    private static void IsProduct(JsonElement product, long id, string name, long price, long available)
    {
        Then.HasFields(product, "productId", "name", "price", "available", "reserved", "sold", "dateCreated", "dateUpdated");
        Assert.Equal((id, name), (product.GetProperty("productId").GetInt64(), product.GetProperty("name").GetString()));
        Assert.Equal((price, available), (product.GetProperty("price").GetInt64(), product.GetProperty("available").GetInt64()));
        Assert.Equal((0, 0), (product.GetProperty("reserved").GetInt64(), product.GetProperty("sold").GetInt64()));
        Assert.True(Then.Time(product.GetProperty("dateUpdated")) >= Then.Time(product.GetProperty("dateCreated")));
    }

    private sealed class Refusing(Reply reply) : IEntities
    {
        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => new(reply);
    }
}
