using System.Globalization;
using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The three lists of the read model, and how they are paged.</summary>
public sealed class ListsTests(SharedService shared) : ApiTests(shared)
{
    [Fact]
    public async Task Coupons_are_listed_by_id_page_by_page()
    {
        // The last ids there are, so that no other test's coupons follow them.
        const long Last = 9007199254740991;
        long[] ids = [Last - 2, Last - 1, Last];
        foreach (var id in (long[])[Last, Last - 2, Last - 1])
            await Given.Coupon(id, ("totalQuantity", "5"));
        await Given.Issue(Last, 1);
        await Given.ReadModelHas(Last, 1);
        await Given.ReadModelHas(Last - 1, 0);

        var (all, nothingNext) = Then.IsPage(await When.Get($"/coupons?after={Last - 3}"));
        Then.IsCoupon(all[0], Last - 2, Policy.With(("totalQuantity", "5")));
        Then.IsCoupon(all[2], Last, Policy.With(("totalQuantity", "5")), issuedQuantity: 1);
        Assert.Equal(JsonValueKind.Null, nothingNext.ValueKind);
        Assert.Equal(JsonValueKind.Number, Then.IsPage(await When.Get($"/coupons?after={Last - 3}&limit=1")).Next.ValueKind);
        for (var limit = 1; limit <= 4; limit++)
            Assert.Equal(ids, await Pages("/coupons", limit, coupon => coupon.GetProperty("couponId").GetInt64(), $"{Last - 3}"));
    }

    [Fact]
    public async Task Coupons_are_listed_from_the_first_when_nothing_is_said()
    {
        await Given.Coupon(1);
        await Given.ReadModelHas(1, 0);

        var (fromStart, _) = Then.IsPage(await When.Get("/coupons?limit=1"));
        var (fromZero, _) = Then.IsPage(await When.Get("/coupons?limit=1&after=0"));

        Assert.Equal(1, Assert.Single(fromStart).GetProperty("couponId").GetInt64());
        Assert.Equal(1, Assert.Single(fromZero).GetProperty("couponId").GetInt64());
    }

    [Fact]
    public async Task Issues_are_listed_by_ticket_page_by_page()
    {
        var couponId = await Given.Coupon();
        long[] users = [50, 40, 30, 20, 10];
        await Given.Issues(couponId, users);
        await When.Post($"/coupons/{couponId}/issues/40/use");
        var path = $"/coupons/{couponId}/issues";

        var (all, nothingNext) = Then.IsPage(await When.Get(path));
        for (var ticket = 1; ticket <= 5; ticket++)
        {
            Then.IsIssue(all[ticket - 1], couponId, users[ticket - 1], ticket, used: ticket == 2);
            // What the read model says of an issue is what the coupon itself says of it.
            Assert.Equal((await When.Get($"{path}/{users[ticket - 1]}")).Body, all[ticket - 1].GetRawText());
        }

        Assert.Equal(JsonValueKind.Null, nothingNext.ValueKind);
        Assert.Equal(3, Then.IsPage(await When.Get($"{path}?limit=3")).Next.GetInt64());
        Assert.Empty(Then.IsPage(await When.Get($"{path}?after=5")).Items);
        for (var limit = 1; limit <= 6; limit++)
            Assert.Equal(users, await Pages(path, limit, issue => issue.GetProperty("userId").GetInt64()));
    }

    [Fact]
    public async Task Who_was_told_something_finds_it_at_once()
    {
        for (long userId = Given.NewUserId(), i = 0; i < 40; i++)
        {
            var coupon = Then.IsJson(201, await When.Post("/coupons", Policy.With())).GetProperty("couponId").GetInt64();
            Then.Is(200, await When.Get($"/coupons/{coupon}"));
            Assert.Equal(coupon, Then.IsPage(await When.Get($"/coupons?after={coupon - 1}&limit=1")).Items[0].GetProperty("couponId").GetInt64());

            await Given.Issue(coupon, userId);
            Assert.Single(Then.IsPage(await When.Get($"/coupons/{coupon}/issues")).Items);
            Assert.Equal(coupon, Then.IsPage(await When.Get($"/users/{userId}/coupons")).Items[0].GetProperty("couponId").GetInt64());

            Then.Is(200, await When.Patch($"/coupons/{coupon}", """{"title":"renamed"}"""));
            Assert.Equal("renamed", (await When.Get($"/coupons/{coupon}")).Json.GetProperty("title").GetString());
            Assert.Equal("renamed", Then.IsPage(await When.Get($"/coupons?after={coupon - 1}&limit=1")).Items[0].GetProperty("title").GetString());

            Then.Is(200, await When.Post($"/coupons/{coupon}/issues/{userId}/use"));
            Assert.Equal(JsonValueKind.String, Then.IsPage(await When.Get($"/coupons/{coupon}/issues")).Items[0].GetProperty("dateUsed").ValueKind);
        }
    }

    [Fact]
    public async Task A_coupon_without_issues_has_an_empty_list()
    {
        var couponId = await Given.Coupon();

        var answer = await When.Get($"/coupons/{couponId}/issues");

        Assert.Equal("""{"items":[],"next":null}""", Then.Is(200, answer).Body);
    }

    [Fact]
    public async Task What_a_user_holds_is_listed_newest_first_page_by_page()
    {
        var userId = Given.NewUserId();
        var coupons = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            coupons.Insert(0, await Given.Coupon());
            await Given.Issue(coupons[0], userId);
        }

        var path = $"/users/{userId}/coupons";

        var (all, nothingNext) = Then.IsPage(await When.Get(path));
        for (var i = 0; i < 5; i++)
            Then.IsIssue(all[i], coupons[i], userId, ticket: 1);
        Assert.Equal(JsonValueKind.Null, nothingNext.ValueKind);
        Assert.Equal(JsonValueKind.String, Then.IsPage(await When.Get($"{path}?limit=1")).Next.ValueKind);
        for (var limit = 1; limit <= 6; limit++)
            Assert.Equal(coupons, await Pages(path, limit, issue => issue.GetProperty("couponId").GetInt64()));
    }

    [Fact]
    public async Task A_user_who_holds_nothing_has_an_empty_list()
    {
        var answer = await When.Get($"/users/{Given.NewUserId()}/coupons");

        Assert.Equal("""{"items":[],"next":null}""", Then.Is(200, answer).Body);
    }

    [Theory]
    [InlineData("/coupons", 200)]
    [InlineData("/coupons/{couponId}/issues", 1000)]
    [InlineData("/users/1/coupons", 200)]
    public async Task A_page_is_1_to_as_many_as_the_contract_says(string path, int largest)
    {
        path = path.Replace("{couponId}", $"{await Given.Coupon()}", StringComparison.Ordinal);

        Then.Is(200, await When.Get($"{path}?limit=1"));
        Then.Is(200, await When.Get($"{path}?limit={largest}"));
        foreach (var limit in (string[])["0", "-1", $"{largest + 1}", "1.0", "1e1", "ten", "", "+1", "%201", "99999999999999999999", "1&limit=2", "null"])
            Then.IsInvalid(await When.Get($"{path}?limit={limit}"), "limit");
    }

    [Theory]
    [InlineData("/coupons", "-1", "one", "1.5", "", "9223372036854775808", "1&after=2", "%F0")]
    [InlineData("/coupons/{couponId}/issues", "-1", "one", "1.5", "", "9223372036854775808", "1&after=2", "%F0")]
    [InlineData("/users/1/coupons", "1", "!", "", "MS4x.", "MQ==", "LjE", "MS4", "MS4xLjE", "%00", "%F0%9F%8E%9F", "9999999999999999999999")]
    public async Task What_no_page_gave_as_next_is_refused(string path, params string[] afters)
    {
        path = path.Replace("{couponId}", $"{await Given.Coupon()}", StringComparison.Ordinal);

        foreach (var after in afters)
            Then.IsInvalid(await When.Get($"{path}?after={after}"), "after");
    }

    private async Task<List<long>> Pages(string path, int limit, Func<JsonElement, long> id, string? after = null)
    {
        var seen = new List<long>();
        while (true)
        {
            var query = after is null ? $"?limit={limit}" : $"?limit={limit}&after={after}";
            var (items, next) = Then.IsPage(await When.Get(path + query));
            Assert.InRange(items.Count, 1, limit);
            seen.AddRange(items.Select(id));
            if (next.ValueKind == JsonValueKind.Null)
                return seen;
            Assert.Equal(limit, items.Count);
            after = Convert.ToString(next.ValueKind == JsonValueKind.Number ? next.GetInt64() : Uri.EscapeDataString(next.GetString()!), CultureInfo.InvariantCulture);
        }
    }
}
