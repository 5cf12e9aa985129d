using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The contract's part <em>Issuing</em>, one unit at a time. The lists are in <see cref="ListsTests"/>.</summary>
public sealed class IssuingTests(SharedService shared) : ApiTests(shared)
{
    [Fact]
    public async Task Users_get_tickets_in_the_order_they_ask()
    {
        var couponId = await Given.Coupon();

        for (var ticket = 1; ticket <= 3; ticket++)
        {
            var answer = await When.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{ticket * 10}}}""");

            Then.IsIssue(Then.IsJson(201, answer), couponId, userId: ticket * 10, ticket);
            Assert.Equal($"/coupons/{couponId}/issues/{ticket * 10}", answer.Location);
        }
    }

    [Fact]
    public async Task The_place_that_is_told_holds_the_issue()
    {
        var couponId = await Given.Coupon();
        var issued = await Given.Issue(couponId, 7);

        var found = await When.Get(issued.Location!);

        Assert.Equal(issued.Body, Then.Is(200, found).Body);
        Assert.Equal(Then.Json, found.ContentType);
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task A_user_who_asks_again_learns_what_the_first_try_got()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);
        var first = await Given.Issue(couponId, 2);

        var again = await When.Post($"/coupons/{couponId}/issues", """{"userId":2}""");

        var problem = Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", again, "issue");
        Assert.Equal(first.Body, problem.GetProperty("issue").GetRawText());
        Assert.Null(again.Location);
    }

    [Fact]
    public async Task A_duplicate_is_told_before_sold_out_and_before_the_period()
    {
        var couponId = await Given.Coupon(("totalQuantity", "1"));
        await Given.Issue(couponId, 1);

        Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", await When.Post($"/coupons/{couponId}/issues", """{"userId":1}"""), "issue");
        await When.Patch($"/coupons/{couponId}", """{"dateIssueEnd":"2021-01-01T00:00:00Z"}""");
        Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", await When.Post($"/coupons/{couponId}/issues", """{"userId":1}"""), "issue");
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Sold_out_is_told_before_the_period()
    {
        var couponId = await Given.Coupon(("totalQuantity", "1"));
        await Given.Issue(couponId, 1);
        await When.Patch($"/coupons/{couponId}", """{"dateIssueEnd":"2021-01-01T00:00:00Z"}""");

        var answer = await When.Post($"/coupons/{couponId}/issues", """{"userId":2}""");

        Then.IsProblem(409, "INVALID_COUPON_ISSUE_QUANTITY", answer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [Trait("Promise", "1")]
    public async Task As_many_are_issued_as_there_are_units(int totalQuantity)
    {
        var couponId = await Given.Coupon(("totalQuantity", $"{totalQuantity}"));
        await Given.Issues(couponId, Enumerable.Range(1, totalQuantity).Select(user => (long)user));

        var answer = await When.Post($"/coupons/{couponId}/issues", """{"userId":999}""");

        Then.IsProblem(409, "INVALID_COUPON_ISSUE_QUANTITY", answer);
    }

    [Fact]
    public async Task Nothing_is_issued_outside_the_period()
    {
        var notYet = await Given.CouponNotOpenYet();
        var ended = await Given.CouponThatEnded();

        Then.IsProblem(409, "INVALID_COUPON_ISSUE_DATE", await When.Post($"/coupons/{notYet}/issues", """{"userId":1}"""));
        Then.IsProblem(409, "INVALID_COUPON_ISSUE_DATE", await When.Post($"/coupons/{ended}/issues", """{"userId":1}"""));
    }

    [Fact]
    public async Task A_coupon_that_does_not_exist_issues_nothing()
    {
        var couponId = Given.NewCouponId();

        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Post($"/coupons/{couponId}/issues", """{"userId":1}"""));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Get($"/coupons/{couponId}/issues/1"));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Get($"/coupons/{couponId}/issues"));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Post($"/coupons/{couponId}/issues/1/use"));
    }

    [Fact]
    public async Task A_user_without_a_unit_holds_none()
    {
        var couponId = await Given.Coupon();

        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", await When.Get($"/coupons/{couponId}/issues/1"));
        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", await When.Post($"/coupons/{couponId}/issues/1/use"));
    }

    [Fact]
    public async Task The_largest_ids_are_taken()
    {
        var couponId = await Given.Coupon();
        const long Largest = 9007199254740991;

        Then.IsIssue(Then.IsJson(201, await When.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{Largest}}}""")), couponId, Largest, ticket: 1);
        Then.IsIssue(Then.IsJson(200, await When.Get($"/coupons/{couponId}/issues/{Largest}")), couponId, Largest, ticket: 1);
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Get($"/coupons/{Largest - 100}"));
    }

    [Theory]
    [InlineData("""{"orderAmount":10000}""")]
    [InlineData("""{"orderAmount":9007199254740991}""")]
    [InlineData("{}")]
    [InlineData("""{"orderAmount":null}""")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task A_unit_is_used_once(string? body)
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);
        var use = $"/coupons/{couponId}/issues/1/use";

        var used = body is null ? await When.Post(use) : await When.Post(use, body);

        Then.IsIssue(Then.IsJson(200, used), couponId, userId: 1, ticket: 1, used: true);
        Assert.Equal(used.Body, (await When.Get($"/coupons/{couponId}/issues/1")).Body);
        foreach (var again in (Answer[])[await When.Post(use), await When.Post(use, """{"orderAmount":1}""")])
            Assert.Equal(used.Body, Then.IsProblem(409, "COUPON_ALREADY_USED", again, "issue").GetProperty("issue").GetRawText());
    }

    [Fact]
    public async Task A_duplicate_of_a_used_unit_says_when_it_was_used()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);
        await When.Post($"/coupons/{couponId}/issues/1/use");

        var again = await When.Post($"/coupons/{couponId}/issues", """{"userId":1}""");

        var issue = Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", again, "issue").GetProperty("issue");
        Then.IsIssue(issue, couponId, userId: 1, ticket: 1, used: true);
    }

    [Fact]
    public async Task An_order_below_the_smallest_amount_uses_nothing()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);

        foreach (var amount in (long[])[0, 9_999])
        {
            var answer = await When.Post($"/coupons/{couponId}/issues/1/use", $$"""{"orderAmount":{{amount}}}""");
            Then.IsProblem(409, "INVALID_ORDER_AMOUNT", answer);
        }

        Then.IsIssue(Then.IsJson(200, await When.Get($"/coupons/{couponId}/issues/1")), couponId, userId: 1, ticket: 1);
    }
}
