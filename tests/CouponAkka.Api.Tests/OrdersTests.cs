using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Api.Tests;

/// <summary>Orders: placed, followed to their end, and listed. The contract's rows of them.</summary>
public sealed class OrdersTests(SharedService shared) : ApiTests(shared)
{
    private const long Price = 9_000;

    private static readonly string[] NoInteger =
        ["\"5\"", "1.5", "1.0", "1e2", "-1", "0", "9007199254740992", "9223372036854775808", "true", "\"\"", "{}", "[1]"];

    private readonly long _userId = Given.NewUserId();

    [Fact]
    public async Task An_order_is_placed_at_once_and_then_reserved_and_paid()
    {
        var product = await NewProduct();

        var placed = await Place(Order(product, quantity: 3));
        var order = Then.IsJson(202, placed);
        IsOrder(order, IdOf(order), product, quantity: 3);
        Assert.Equal($"/orders/{IdOf(order)}", placed.Location);
        Assert.Equal("CREATED", order.GetProperty("history")[0].GetProperty("state").GetString());

        var paid = await Ends(order, "PAID");
        IsOrder(paid, IdOf(order), product, quantity: 3);
        IsPrice(paid, Price, 3 * Price, discount: 0, paid: 3 * Price);
        Assert.Equal(["CREATED", "STOCK_RESERVED", "PAID"], Path(paid));
        await HasStock(product, available: 7, reserved: 0, sold: 3);
    }

    [Fact]
    public async Task An_order_with_a_coupon_holds_it_pays_less_and_uses_it()
    {
        var vendor = await NewVendor();
        var product = await NewProduct();
        var coupon = await Held(("discountAmount", "1999"), ("vendorId", $"{vendor}"));

        var order = Then.IsJson(202, await Place(Order(product, quantity: 2, coupon)));
        var paid = await Ends(order, "PAID");

        IsOrder(paid, IdOf(order), product, quantity: 2, coupon);
        IsPrice(paid, Price, 2 * Price, discount: 1_999, paid: (2 * Price) - 1_999);
        Assert.Equal(["CREATED", "STOCK_RESERVED", "COUPON_HELD", "PAID"], Path(paid));
        await HasStock(product, available: 8, reserved: 0, sold: 2);
        await Given.Eventually($"/coupons/{coupon}/issues/{_userId}", answer => answer.Json.GetProperty("dateUsed").ValueKind == JsonValueKind.String);
        Then.IsIssue((await When.Get($"/coupons/{coupon}/issues/{_userId}")).Json, coupon, _userId, ticket: 1, used: true);
        Then.IsProblem(409, "COUPON_ALREADY_USED", await When.Post($"/coupons/{coupon}/issues/{_userId}/use"), "issue");
        await IsCredited(vendor, coupon, IdOf(order), amount: 199);
    }

    [Fact]
    public async Task A_discount_takes_off_no_more_than_there_is_to_pay()
    {
        var vendor = await NewVendor();
        var product = await NewProduct(price: 750);
        var coupon = await Held(("discountAmount", "1000"), ("minAvailableAmount", "0"), ("vendorId", $"{vendor}"));

        var order = Then.IsJson(202, await Place(Order(product, quantity: 1, coupon)));

        IsPrice(await Ends(order, "PAID"), 750, 750, discount: 750, paid: 0);
        await IsCredited(vendor, coupon, IdOf(order), amount: 75);
    }

    [Fact]
    public async Task An_order_keeps_the_price_at_which_its_stock_was_reserved()
    {
        var product = await NewProduct();
        var order = await Ends(Then.IsJson(202, await Place(Order(product))), "PAID");

        Then.Is(200, await When.Patch($"/products/{product}", """{"price":1}"""));

        Assert.Equal(order.GetRawText(), (await When.Get($"/orders/{IdOf(order)}")).Body);
        IsPrice(await Ends(Then.IsJson(202, await Place(Order(product))), "PAID"), 1, 1, discount: 0, paid: 1);
    }

    [Fact]
    public async Task An_order_is_shipped_once_it_is_prepared()
    {
        await using var service = CouponService.Start([("Shipping:PreparationSeconds", "0.2")]);
        var product = await NewProduct(service);

        var order = Then.IsJson(202, await service.When.Post("/orders", Order(product)));
        var shipped = await Ends(order, "SHIPPED", service);

        Assert.Equal(["CREATED", "STOCK_RESERVED", "PAID", "SHIPPED"], Path(shipped));
        IsPrice(shipped, Price, Price, discount: 0, paid: Price);
        var times = shipped.GetProperty("history").EnumerateArray().Select(step => Then.Time(step.GetProperty("at"))).ToList();
        Assert.Equal(times.Order(), times);
        Assert.True(times[3] - times[2] >= TimeSpan.FromSeconds(0.2), $"{shipped}");
    }

    [Fact]
    public async Task Out_of_stock()
    {
        var product = await NewProduct();
        var coupon = await Held();

        var canceled = await Ends(Then.IsJson(202, await Place(Order(product, quantity: 11, coupon))), "CANCELED");

        IsCanceled(canceled, "OUT_OF_STOCK", "CREATED", "CANCELED");
        Assert.Equal(JsonValueKind.Null, canceled.GetProperty("price").ValueKind);
        await HasStock(product, available: 10, reserved: 0, sold: 0);
        await IsFree(coupon);
    }

    [Fact]
    public async Task A_coupon_that_there_is_not_or_that_the_user_has_no_unit_of_is_not_held()
    {
        var product = await NewProduct();
        var coupon = await Given.Coupon();
        await Given.Issue(coupon, Given.NewUserId());

        foreach (var none in (long[])[coupon, Given.NewCouponId()])
        {
            var canceled = await Ends(Then.IsJson(202, await Place(Order(product, quantity: 2, none))), "CANCELED");
            IsCanceled(canceled, "COUPON_NOT_HELD", "CREATED", "STOCK_RESERVED", "CANCELED");
        }

        await HasStock(product, available: 10, reserved: 0, sold: 0);
    }

    [Fact]
    public async Task A_unit_that_was_used_is_not_held_again()
    {
        var product = await NewProduct();
        var coupon = await Held();
        await Ends(Then.IsJson(202, await Place(Order(product, quantity: 2, coupon))), "PAID");
        await Given.Eventually($"/coupons/{coupon}/issues/{_userId}", answer => answer.Json.GetProperty("dateUsed").ValueKind == JsonValueKind.String);

        var canceled = await Ends(Then.IsJson(202, await Place(Order(product, quantity: 2, coupon))), "CANCELED");

        IsCanceled(canceled, "COUPON_ALREADY_USED", "CREATED", "STOCK_RESERVED", "CANCELED");
        await HasStock(product, available: 8, reserved: 0, sold: 2);
    }

    [Fact]
    public async Task An_order_below_a_coupon_s_smallest_amount()
    {
        var product = await NewProduct();
        var coupon = await Held(("minAvailableAmount", $"{(2 * Price) + 1}"));

        var canceled = await Ends(Then.IsJson(202, await Place(Order(product, quantity: 2, coupon))), "CANCELED");

        IsCanceled(canceled, "INVALID_ORDER_AMOUNT", "CREATED", "STOCK_RESERVED", "CANCELED");
        await HasStock(product, available: 10, reserved: 0, sold: 0);
        await IsFree(coupon);
        Then.IsJson(202, await Place(Order(product, quantity: 3, coupon)));
    }

    [Fact]
    public async Task A_declined_payment_gives_back_stock_and_unit()
    {
        await using var service = CouponService.Start([("PaymentSimulator:DeclineEvery", "1")]);
        var product = await NewProduct(service);
        var coupon = await Held(service);

        var canceled = await Ends(Then.IsJson(202, await service.When.Post("/orders", Order(product, quantity: 2, coupon))), "CANCELED", service);

        IsCanceled(canceled, "PAYMENT_DECLINED", "CREATED", "STOCK_RESERVED", "COUPON_HELD", "CANCELED");
        IsPrice(canceled, Price, 2 * Price, discount: 1_000, paid: null);
        await HasStock(product, available: 10, reserved: 0, sold: 0, service);
        await IsFree(coupon, service);
        Then.Is(200, await service.When.Post($"/coupons/{coupon}/issues/{_userId}/use"));
    }

    [Fact]
    public async Task A_payment_that_is_not_answered_in_time_gives_back_stock_and_unit()
    {
        await using var service = CouponService.Start([("PaymentSimulator:NeverAnswerEvery", "1"), ("Orders:TimeOutSeconds", "1")]);
        var product = await NewProduct(service);
        var coupon = await Held(service);

        var canceled = await Ends(Then.IsJson(202, await service.When.Post("/orders", Order(product, quantity: 2, coupon))), "CANCELED", service);

        IsCanceled(canceled, "TIMED_OUT", "CREATED", "STOCK_RESERVED", "COUPON_HELD", "CANCELED");
        await HasStock(product, available: 10, reserved: 0, sold: 0, service);
        await IsFree(coupon, service);
    }

    [Fact]
    public async Task While_an_order_waits_for_its_payment_its_unit_is_held_for_it_alone()
    {
        await using var service = CouponService.Start([("PaymentSimulator:NeverAnswerEvery", "1"), ("Orders:TimeOutSeconds", "3600")]);
        var product = await NewProduct(service);
        var coupon = await Held(service);

        var order = await Ends(Then.IsJson(202, await service.When.Post("/orders", Order(product, quantity: 2, coupon))), "COUPON_HELD", service);

        IsPrice(order, Price, 2 * Price, discount: 1_000, paid: null);
        await HasStock(product, available: 8, reserved: 2, sold: 0, service);
        var refused = Then.IsProblem(409, "COUPON_HELD", await service.When.Post($"/coupons/{coupon}/issues/{_userId}/use"), "issue");
        Then.IsIssue(refused.GetProperty("issue"), coupon, _userId, ticket: 1, heldBy: IdOf(order));
        Then.IsIssue(Then.IsJson(200, await service.When.Get($"/coupons/{coupon}/issues/{_userId}")), coupon, _userId, ticket: 1, heldBy: IdOf(order));
        var again = await service.When.Post($"/coupons/{coupon}/issues", $$"""{"userId":{{_userId}}}""");
        Then.IsIssue(Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", again, "issue").GetProperty("issue"), coupon, _userId, ticket: 1, heldBy: IdOf(order));

        var other = await Ends(Then.IsJson(202, await service.When.Post("/orders", Order(product, quantity: 3, coupon))), "CANCELED", service);
        IsCanceled(other, "COUPON_NOT_HELD", "CREATED", "STOCK_RESERVED", "CANCELED");
        await HasStock(product, available: 8, reserved: 2, sold: 0, service);
    }

    [Fact]
    public async Task The_last_unit_of_a_product_is_sold_once()
    {
        var product = await NewProduct(stock: 1);

        var placed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Place(Order(product))));
        var ended = await Task.WhenAll(placed.Select(answer => Ends(Then.IsJson(202, answer), "PAID", "CANCELED")));

        Assert.Single(ended, order => order.GetProperty("state").GetString() == "PAID");
        Assert.Equal(7, ended.Count(order => order.GetProperty("reason").GetString() == "OUT_OF_STOCK"));
        await HasStock(product, available: 0, reserved: 0, sold: 1);
    }

    [Fact]
    public async Task Asked_again_under_the_same_key_it_is_the_same_order()
    {
        var product = await NewProduct();
        var key = $"{Guid.NewGuid()}";

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Place(Order(product), key)));
        var order = await Ends(Then.IsJson(202, answers[0]), "PAID");
        var later = await Place(Order(product), key);

        Assert.All([.. answers, later], answer =>
        {
            Assert.Equal(IdOf(order), IdOf(Then.IsJson(202, answer)));
            Assert.Equal($"/orders/{IdOf(order)}", answer.Location);
        });
        Assert.Equal("PAID", later.Json.GetProperty("state").GetString());
        await HasStock(product, available: 9, reserved: 0, sold: 1);
    }

    [Fact]
    public async Task A_key_under_which_something_else_was_ordered_is_refused()
    {
        var product = await NewProduct();
        var other = await NewProduct();
        var coupon = await Held();
        var key = $"{Guid.NewGuid()}";
        var order = Then.IsJson(202, await Place(Order(product), key));

        Then.IsProblem(409, "IDEMPOTENCY_KEY_REUSED", await Place(Order(other), key));
        Then.IsProblem(409, "IDEMPOTENCY_KEY_REUSED", await Place(Order(product, quantity: 2), key));
        Then.IsProblem(409, "IDEMPOTENCY_KEY_REUSED", await Place(Order(product, quantity: 1, coupon), key));
        Then.IsProblem(409, "IDEMPOTENCY_KEY_REUSED", await Place(Order(product, userId: Given.NewUserId()), key));
        Assert.Equal(IdOf(order), IdOf(Then.IsJson(202, await Place(Order(product), key))));
    }

    [Fact]
    public async Task Without_a_key_each_is_an_order_of_its_own()
    {
        var product = await NewProduct();

        var first = Then.IsJson(202, await Place(Order(product)));
        var second = Then.IsJson(202, await Place(Order(product)));

        Assert.NotEqual(IdOf(first), IdOf(second));
        await HasStock(product, available: 8, reserved: 0, sold: 2);
    }

    [Fact]
    public async Task What_does_not_exist()
    {
        var none = Given.NewCouponId();

        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await Place(Order(none)));
        Then.IsProblem(404, "PRODUCT_NOT_EXIST", await Place(Order(none), "a key"));
        Then.IsProblem(404, "ORDER_NOT_EXIST", await When.Get($"/orders/{none}"));
    }

    [Fact]
    public async Task A_user_s_orders_are_listed_newest_first_as_they_say_of_themselves()
    {
        var product = await NewProduct();
        var placed = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            // Ids from keys do not grow with time.
            var order = Then.IsJson(202, await Place(Order(product), i % 2 == 0 ? $"{Guid.NewGuid()}" : null));
            await Ends(order, "PAID");
            placed.Add(IdOf(order));
        }

        Then.IsJson(202, await Place(Order(product, userId: Given.NewUserId())));
        placed.Reverse();
        await Given.Eventually(
            $"/users/{_userId}/orders",
            answer => Then.IsPage(answer).Items is { Count: 5 } orders && orders.All(order => order.GetProperty("state").GetString() == "PAID"));

        for (var limit = 1; limit <= 6; limit++)
            Assert.Equal(placed, await When.Pages($"/users/{_userId}/orders", limit, IdOf));
        foreach (var order in Then.IsPage(await When.Get($"/users/{_userId}/orders")).Items)
            Assert.Equal((await When.Get($"/orders/{IdOf(order)}")).Body, order.GetRawText());
    }

    [Fact]
    public async Task Who_ordered_nothing_has_an_empty_list()
    {
        var (items, next) = Then.IsPage(await When.Get($"/users/{Given.NewUserId()}/orders"));

        Assert.Empty(items);
        Assert.Equal(JsonValueKind.Null, next.ValueKind);
    }

    public static TheoryData<string, string[]> BadValues => new()
    {
        { "userId", [.. NoInteger, "null"] },
        { "productId", [.. NoInteger, "null"] },
        { "quantity", [.. NoInteger, "null", "1001"] },
        { "couponId", NoInteger },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public async Task An_order_with_a_bad_value_is_refused(string field, string[] values)
    {
        var product = await NewProduct();
        var fields = new Dictionary<string, string>
        {
            ["userId"] = $"{_userId}",
            ["productId"] = $"{product}",
            ["quantity"] = "1",
            ["couponId"] = "null",
        };
        foreach (var value in values)
        {
            fields[field] = value;
            Then.IsInvalid(await Place("{" + string.Join(",", fields.Select(pair => $"\"{pair.Key}\":{pair.Value}")) + "}"), field);
        }

        Assert.Empty(Then.IsPage(await When.Get($"/users/{_userId}/orders")).Items);
    }

    [Fact]
    public async Task A_field_that_is_missing_is_named_and_a_coupon_may_be_left_out()
    {
        var product = await NewProduct();

        Then.IsInvalid(await Place("{}"), "productId", "quantity");
        // Whether it may be missing depends on who asks, which is looked at next.
        Then.IsInvalid(await Place($$"""{"productId":{{product}},"quantity":1}"""), "userId");
        Then.IsJson(202, await Place($$"""{"userId":{{_userId}},"productId":{{product}},"quantity":1}"""));
    }

    [Fact]
    public async Task The_most_that_one_order_can_have()
    {
        var product = await NewProduct(price: 9007199254740, stock: 1_000);

        var paid = await Ends(Then.IsJson(202, await Place(Order(product, quantity: 1_000))), "PAID");

        IsPrice(paid, 9007199254740, 9007199254740000, discount: 0, paid: 9007199254740000);
    }

    [Fact]
    public async Task A_key_that_is_none_is_refused()
    {
        var product = await NewProduct();

        foreach (var key in (string[])["", new('k', 129), "a\tb"])
            Then.IsInvalid(await Place(Order(product), key), "Idempotency-Key");
        Then.IsJson(202, await Place(Order(product), new string('~', 128 - 36) + Guid.NewGuid()));
    }

    [Fact]
    public async Task An_id_or_a_page_that_can_not_be_is_refused()
    {
        foreach (var odd in (string[])["0", "-1", "abc", "9007199254740992"])
        {
            Then.IsInvalid(await When.Get($"/orders/{odd}"), "orderId");
            Then.IsInvalid(await When.Get($"/users/{odd}/orders"), "userId");
        }

        Then.Is(200, await When.Get("/users/1/orders?limit=200"));
        Then.IsInvalid(await When.Get("/users/1/orders?limit=201"), "limit");
        Then.IsInvalid(await When.Get("/users/1/orders?limit=0"), "limit");
        Then.IsInvalid(await When.Get("/users/1/orders?after=x"), "after");
    }

    [Theory]
    [InlineData(OrderRefusal.OutcomeUnknown, "ISSUE_OUTCOME_UNKNOWN")]
    [InlineData(OrderRefusal.Unavailable, "UNAVAILABLE")]
    // Every id that is tried is another order's.
    [InlineData(OrderRefusal.OtherOrderExists, "UNAVAILABLE")]
    public async Task An_engine_in_trouble_says_so_and_when_to_ask_again(OrderRefusal reason, string code)
    {
        await using var service = CouponService.Start(wrapCoupons: engine => new RefusingOrders(engine, new OrderRefused(reason)));
        var product = await NewProduct(service);

        Then.IsProblem(503, code, await service.When.Post("/orders", Order(product)));
        Then.IsProblem(503, code, await service.When.Send(HttpMethod.Post, "/orders", When.Content(Order(product)), ("Idempotency-Key", "k")));
        Then.IsProblem(503, code, await service.When.Get("/orders/1"));
    }

    [Fact]
    public async Task A_random_user_is_a_new_one()
    {
        var answer = await When.Post("/users/random");
        var first = Then.IsJson(201, answer);
        var second = Then.IsJson(201, await When.Post("/users/random"));

        Then.HasFields(first, "userId");
        Assert.Equal($"/users/{first.GetProperty("userId").GetInt64()}/coupons", answer.Location);
        Assert.NotEqual(first.GetProperty("userId").GetInt64(), second.GetProperty("userId").GetInt64());
        Assert.InRange(first.GetProperty("userId").GetInt64(), 1, 9007199254740991);
    }

    [Fact]
    public async Task A_random_coupon_is_open_for_a_day_and_can_be_ordered_with()
    {
        var answer = await When.Post("/coupons/random");
        var coupon = Then.IsJson(201, answer);

        var id = coupon.GetProperty("couponId").GetInt64();
        Assert.Equal($"/coupons/{id}", answer.Location);
        Assert.NotNull(answer.Headers.ETag);
        Assert.Equal(100, coupon.GetProperty("totalQuantity").GetInt64());
        Assert.Equal(TimeSpan.FromDays(1), Then.Time(coupon.GetProperty("dateIssueEnd")) - Then.Time(coupon.GetProperty("dateIssueStart")));
        await Given.Issue(id, _userId);
        var paid = await Ends(Then.IsJson(202, await Place(Order(await NewProduct(), quantity: 1, id))), "PAID");
        Assert.Equal(coupon.GetProperty("discountAmount").GetInt64(), paid.GetProperty("discount").GetInt64());
    }

    private string Order(long productId, int quantity = 1, long? couponId = null, long? userId = null)
    {
        var coupon = couponId is { } id ? $"{id}" : "null";
        return $$"""{"userId":{{userId ?? _userId}},"productId":{{productId}},"quantity":{{quantity}},"couponId":{{coupon}}}""";
    }

    private Task<Answer> Place(string body, string? key = null) =>
        When.Send(HttpMethod.Post, "/orders", When.Content(body), key is null ? [] : [("Idempotency-Key", key)]);

    private async Task<long> NewProduct(CouponService? service = null, long price = Price, int stock = 10)
    {
        var id = Given.NewCouponId();
        Then.Is(201, await (service ?? Service).When.Put($"/products/{id}", $$"""{"name":"Half a chicken","price":{{price}},"stock":{{stock}}}"""));
        return id;
    }

    private async Task<long> NewVendor()
    {
        var id = Given.NewCouponId();
        Then.Is(201, await When.Put($"/vendors/{id}", """{"name":"Half a chicken"}"""));
        return id;
    }

    // A coupon of which the user has a unit.
    private Task<long> Held(params (string Field, string Json)[] others) => Held(Service, others);

    private async Task<long> Held(CouponService service, params (string Field, string Json)[] others)
    {
        var coupon = await service.Given.Coupon(others);
        await service.Given.Issue(coupon, _userId);
        return coupon;
    }

    private static Task<JsonElement> Ends(JsonElement order, string state, CouponService service) => Ends(order, service, state);

    private Task<JsonElement> Ends(JsonElement order, params string[] states) => Ends(order, Service, states);

    // An order goes its way on its own.
    private static async Task<JsonElement> Ends(JsonElement order, CouponService service, params string[] states) => (await service.Given.Eventually(
        $"/orders/{IdOf(order)}", answer => states.Contains(Then.IsJson(200, answer).GetProperty("state").GetString()))).Json;

    private async Task HasStock(long productId, long available, long reserved, long sold, CouponService? service = null) =>
        await (service ?? Service).Given.Eventually($"/products/{productId}", answer => (available, reserved, sold)
            == (answer.Json.GetProperty("available").GetInt64(), answer.Json.GetProperty("reserved").GetInt64(), answer.Json.GetProperty("sold").GetInt64()));

    private async Task IsFree(long couponId, CouponService? service = null)
    {
        var issue = await (service ?? Service).Given.Eventually(
            $"/coupons/{couponId}/issues/{_userId}", answer => !answer.Json.TryGetProperty("heldBy", out _));
        Then.IsIssue(issue.Json, couponId, _userId, ticket: 1);
    }

    private async Task IsCredited(long vendorId, long couponId, long orderId, long amount)
    {
        var answer = await Given.Eventually($"/vendors/{vendorId}/payouts", answer => Then.IsPage(answer).Items.Count > 0);
        var payout = Assert.Single(Then.IsPage(answer).Items);
        Assert.Equal((couponId, _userId), (payout.GetProperty("couponId").GetInt64(), payout.GetProperty("userId").GetInt64()));
        Assert.Equal((orderId, amount), (payout.GetProperty("orderId").GetInt64(), payout.GetProperty("amount").GetInt64()));
    }

    private static long IdOf(JsonElement order) => order.GetProperty("orderId").GetInt64();

    private static IEnumerable<string> Path(JsonElement order) =>
        order.GetProperty("history").EnumerateArray().Select(step => step.GetProperty("state").GetString()!);

    private static void IsOrder(JsonElement order, long id, long productId, int quantity, long? couponId = null)
    {
        Then.HasFields(
            order,
            "orderId", "userId", "productId", "quantity", "couponId", "state", "reason", "price", "amount", "discount", "paid", "history");
        Assert.Equal((id, productId, quantity), (IdOf(order), order.GetProperty("productId").GetInt64(), order.GetProperty("quantity").GetInt32()));
        Assert.Equal(couponId, NumberOrNull(order, "couponId"));
        Assert.Equal(order.GetProperty("state").GetString(), Path(order).Last());
        Assert.Equal(order.GetProperty("state").GetString() == "CANCELED", order.GetProperty("reason").ValueKind == JsonValueKind.String);
        foreach (var step in order.GetProperty("history").EnumerateArray())
        {
            Then.HasFields(step, "state", "at");
            Then.Time(step.GetProperty("at"));
        }
    }

    private static void IsPrice(JsonElement order, long price, long amount, long discount, long? paid) =>
        Assert.Equal([price, amount, discount, paid], ((string[])["price", "amount", "discount", "paid"]).Select(field => NumberOrNull(order, field)));

    private static void IsCanceled(JsonElement order, string reason, params string[] path)
    {
        Assert.Equal(reason, order.GetProperty("reason").GetString());
        Assert.Equal(path, Path(order));
        Assert.Equal(JsonValueKind.Null, order.GetProperty("paid").ValueKind);
    }

    private static long? NumberOrNull(JsonElement order, string field) =>
        order.GetProperty(field) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;

    private sealed class RefusingOrders(IEntities engine, Reply reply) : IEntities
    {
        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) =>
            command is OrderCommand ? new(reply) : engine.AskAsync(kind, id, command);
    }
}
