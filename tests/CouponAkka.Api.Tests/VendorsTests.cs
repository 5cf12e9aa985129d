using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace CouponAkka.Api.Tests;

/// <summary>Vendors: named, paid for used units, and listed. The contract's rows of them.</summary>
public sealed class VendorsTests(SharedService shared) : ApiTests(shared)
{
    private const string Chicken = """{"name":"Half a chicken"}""";

    [Fact]
    public async Task A_vendor_is_named_found_and_renamed()
    {
        var id = Given.NewCouponId();

        var created = await When.Put($"/vendors/{id}", Chicken);
        IsVendor(Then.IsJson(201, created), id, "Half a chicken");
        Assert.Equal($"/vendors/{id}", created.Headers.Location?.ToString());
        Assert.Equal(created.Body, Then.Is(200, await When.Put($"/vendors/{id}", Chicken)).Body);
        Assert.Equal(created.Body, Then.Is(200, await When.Get($"/vendors/{id}")).Body);

        var renamed = Then.IsJson(200, await When.Put($"/vendors/{id}", """{"name":"치킨 🍗"}"""));
        IsVendor(renamed, id, "치킨 🍗");
        Assert.Equal(created.Json.GetProperty("dateCreated").GetString(), renamed.GetProperty("dateCreated").GetString());
    }

    [Fact]
    public async Task A_vendor_that_was_never_named_does_not_exist()
    {
        var id = Given.NewCouponId();

        Then.IsProblem(404, "VENDOR_NOT_EXIST", await When.Get($"/vendors/{id}"));
        Then.IsProblem(404, "VENDOR_NOT_EXIST", await When.Get($"/vendors/{id}/payouts"));
    }

    [Fact]
    public async Task A_vendor_is_paid_a_tenth_of_the_discount_for_each_unit_used()
    {
        var id = await NewVendor();
        var coupon = await UsedCoupon(id, "1999", 1, 2);

        IsVendor((await Paid(id, 2)).Json, id, "Half a chicken", balance: 398, couponsUsed: 2);
        var (payouts, next) = Then.IsPage(await When.Get($"/vendors/{id}/payouts"));
        Assert.Equal(JsonValueKind.Null, next.ValueKind);
        IsPayout(payouts[0], coupon, userId: 1, ticket: 1, amount: 199);
        IsPayout(payouts[1], coupon, userId: 2, ticket: 2, amount: 199);
    }

    [Fact]
    public async Task What_a_vendor_was_paid_before_it_had_a_name_counts_once_it_has_one()
    {
        var id = Given.NewCouponId();
        await UsedCoupon(id, "1000", 1);
        Then.IsProblem(404, "VENDOR_NOT_EXIST", await When.Get($"/vendors/{id}"));
        Then.IsProblem(404, "VENDOR_NOT_EXIST", await When.Get($"/vendors/{id}/payouts"));

        Then.Is(201, await When.Put($"/vendors/{id}", Chicken));

        IsVendor((await Paid(id, 1)).Json, id, "Half a chicken", balance: 100, couponsUsed: 1);
        Assert.Single(Then.IsPage(await When.Get($"/vendors/{id}/payouts")).Items);
    }

    [Fact]
    public async Task A_payout_of_nothing_is_a_payout_and_a_coupon_without_a_vendor_pays_nobody()
    {
        var id = await NewVendor();
        await UsedCoupon(id, "9", 1);
        await UsedCoupon(null, "1000", 1);

        IsVendor((await Paid(id, 1)).Json, id, "Half a chicken", balance: 0, couponsUsed: 1);
        Assert.Equal(0, Assert.Single(Then.IsPage(await When.Get($"/vendors/{id}/payouts")).Items).GetProperty("amount").GetInt64());
    }

    [Fact]
    public async Task Payouts_are_listed_oldest_first_page_by_page()
    {
        var id = await NewVendor();
        long[] users = [5, 4, 3, 2, 1];
        await UsedCoupon(id, "1000", users);
        await Paid(id, 5);

        for (var limit = 1; limit <= 6; limit++)
            Assert.Equal(users, await When.Pages($"/vendors/{id}/payouts", limit, payout => payout.GetProperty("userId").GetInt64()));
    }

    [Fact]
    public async Task Vendors_are_listed_by_id_as_they_say_of_themselves()
    {
        // The last ids there are, so that no other test's vendors follow them.
        const long last = 9007199254740991;
        foreach (var id in (long[])[last, last - 2, last - 1])
            Then.Is(201, await When.Put($"/vendors/{id}", Chicken));
        await UsedCoupon(last, "1000", 1);
        await Paid(last, 1);

        for (var limit = 1; limit <= 4; limit++)
        {
            Assert.Equal(
                [last - 2, last - 1, last], await When.Pages("/vendors", limit, vendor => vendor.GetProperty("vendorId").GetInt64(), $"{last - 3}"));
        }

        foreach (var vendor in Then.IsPage(await When.Get($"/vendors?after={last - 3}")).Items)
            Assert.Equal((await When.Get($"/vendors/{vendor.GetProperty("vendorId").GetInt64()}")).Body, vendor.GetRawText());
    }

    [Fact]
    public async Task A_random_vendor_is_a_new_one()
    {
        var first = Then.IsJson(201, await When.Post("/vendors/random"));
        var second = Then.IsJson(201, await When.Post("/vendors/random"));

        var id = first.GetProperty("vendorId").GetInt64();
        Assert.NotEqual(id, second.GetProperty("vendorId").GetInt64());
        IsVendor((await When.Get($"/vendors/{id}")).Json, id, first.GetProperty("name").GetString()!);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":" "}""")]
    [InlineData("""{"name":"a\nb"}""")]
    [InlineData("""{"name":7}""")]
    public async Task A_name_that_is_none_is_refused(string body) => Then.IsInvalid(await When.Put("/vendors/1", body), "name");

    [Fact]
    public async Task An_id_or_a_page_that_can_not_be_is_refused()
    {
        var id = await NewVendor();

        foreach (var odd in (string[])["0", "-1", "abc", "9007199254740992"])
        {
            Then.IsInvalid(await When.Put($"/vendors/{odd}", Chicken), "vendorId");
            Then.IsInvalid(await When.Get($"/vendors/{odd}"), "vendorId");
            Then.IsInvalid(await When.Get($"/vendors/{odd}/payouts"), "vendorId");
        }

        foreach (var (path, most) in ((string, int)[])[("/vendors", 200), ($"/vendors/{id}/payouts", 1000)])
        {
            Then.Is(200, await When.Get($"{path}?limit={most}"));
            Then.IsInvalid(await When.Get($"{path}?limit={most + 1}"), "limit");
            Then.IsInvalid(await When.Get($"{path}?after=x"), "after");
        }
    }

    [Fact]
    public async Task Vendors_are_named_by_administrators_only()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "open-sesame")]);

        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Put("/vendors/1", Chicken));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Post("/vendors/random"));
        Then.IsPage(await service.When.Get("/vendors"));
    }

    [Theory]
    [InlineData(VendorRefusal.OutcomeUnknown, "ISSUE_OUTCOME_UNKNOWN")]
    [InlineData(VendorRefusal.Unavailable, "UNAVAILABLE")]
    public async Task An_engine_in_trouble_says_so_and_when_to_ask_again(VendorRefusal reason, string code)
    {
        await using var service = CouponService.Start(wrapCoupons: _ => new Refusing(new VendorRefused(reason)));

        Then.IsProblem(503, code, await service.When.Put("/vendors/1", Chicken));
        Then.IsProblem(503, code, await service.When.Post("/vendors/random"));
        Then.IsProblem(503, code, await service.When.Get("/vendors/1"));
        Then.IsProblem(503, code, await service.When.Get("/vendors/1/payouts"));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.25", 0.25)]
    [InlineData("1", 1)]
    public async Task The_rate_is_a_setting(string setting, double rate)
    {
        await using var service = CouponService.Start([("Commerce:PayoutRate", setting)]);

        Assert.Equal((decimal)rate, service.Services.GetRequiredService<Terms>().PayoutRate);
    }

    private async Task<long> NewVendor()
    {
        var id = Given.NewCouponId();
        Then.Is(201, await When.Put($"/vendors/{id}", Chicken));
        return id;
    }

    // A coupon of the vendor whose units these users have used, in this order.
    private async Task<long> UsedCoupon(long? vendorId, string discount, params long[] users)
    {
        var coupon = await Given.Coupon(("discountAmount", discount), ("vendorId", vendorId is { } id ? $"{id}" : "null"));
        await Given.Issues(coupon, users);
        foreach (var user in users)
            Then.Is(200, await When.Post($"/coupons/{coupon}/issues/{user}/use"));
        return coupon;
    }

    // Reactions follow on their own, and so do lists.
    private async Task<Answer> Paid(long vendorId, int couponsUsed)
    {
        await Given.Eventually($"/vendors/{vendorId}", answer => answer.Json.GetProperty("couponsUsed").GetInt64() == couponsUsed);
        await Given.Eventually($"/vendors/{vendorId}/payouts", answer => Then.IsPage(answer).Items.Count == couponsUsed);
        return await When.Get($"/vendors/{vendorId}");
    }

    private static void IsVendor(JsonElement vendor, long id, string name, long balance = 0, long couponsUsed = 0)
    {
        Then.HasFields(vendor, "vendorId", "name", "balance", "couponsUsed", "dateCreated", "dateUpdated");
        Assert.Equal((id, name), (vendor.GetProperty("vendorId").GetInt64(), vendor.GetProperty("name").GetString()));
        Assert.Equal((balance, couponsUsed), (vendor.GetProperty("balance").GetInt64(), vendor.GetProperty("couponsUsed").GetInt64()));
        Assert.True(Then.Time(vendor.GetProperty("dateUpdated")) >= Then.Time(vendor.GetProperty("dateCreated")));
    }

    private static void IsPayout(JsonElement payout, long couponId, long userId, long ticket, long amount)
    {
        Then.HasFields(payout, "couponId", "userId", "ticket", "orderId", "amount", "at");
        Assert.Equal((couponId, userId), (payout.GetProperty("couponId").GetInt64(), payout.GetProperty("userId").GetInt64()));
        Assert.Equal((ticket, amount), (payout.GetProperty("ticket").GetInt64(), payout.GetProperty("amount").GetInt64()));
        Assert.Equal(JsonValueKind.Null, payout.GetProperty("orderId").ValueKind);
        Then.Time(payout.GetProperty("at"));
    }

    private sealed class Refusing(Reply reply) : IEntities
    {
        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => new(reply);
    }
}
