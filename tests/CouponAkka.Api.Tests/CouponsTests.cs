using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Api.Tests;

/// <summary>The contract's part <em>Coupons</em>.</summary>
public sealed class CouponsTests(SharedService shared) : ApiTests(shared)
{
    [Fact]
    public async Task A_coupon_posted_gets_an_id_from_the_server()
    {
        var policy = Policy.With();

        var first = await When.Post("/coupons", policy);
        var second = await When.Post("/coupons", policy);

        var coupon = Then.IsJson(201, first);
        var couponId = coupon.GetProperty("couponId").GetInt64();
        Assert.InRange(couponId, 1, (1L << 53) - 1);
        Then.IsCoupon(coupon, couponId, policy);
        Assert.Equal($"/coupons/{couponId}", first.Location);
        Assert.NotEqual(couponId, Then.IsJson(201, second).GetProperty("couponId").GetInt64());
    }

    [Fact]
    public async Task Coupons_posted_in_one_millisecond_get_an_id_each_though_dozens_of_ids_are_drawn_twice()
    {
        await using var service = CouponService.Start();
        service.Clock.Now = DateTimeOffset.UtcNow;
        var policy = Policy.With();
        var couponIds = new List<long>();
        for (var round = 0; round < 25; round++)
        {
            // The same policy at the same moment: whose id was taken already must not be told that it is theirs.
            var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => service.When.Post("/coupons", policy)));
            couponIds.AddRange(answers.Select(answer => Then.IsJson(201, answer).GetProperty("couponId").GetInt64()));
        }

        Assert.Equal(600, couponIds.Distinct().Count());
    }

    [Fact]
    public async Task A_coupon_put_gets_the_id_of_its_path()
    {
        var couponId = Given.NewCouponId();
        var policy = Policy.With(("totalQuantity", "null"), ("vendorId", "null"), ("title", "\"쿠폰 \\u0022🎟\\u0022\""));

        var answer = await When.Put($"/coupons/{couponId}", policy);

        Then.IsCoupon(Then.IsJson(201, answer), couponId, policy);
        Assert.Equal($"/coupons/{couponId}", answer.Location);
    }

    [Fact]
    public async Task The_same_policy_put_again_stands_already()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);

        var answer = await When.Put($"/coupons/{couponId}", Policy.With());

        Then.IsCoupon(Then.IsJson(200, answer), couponId, Policy.With(), issuedQuantity: 1);
        Assert.Null(answer.Location);
    }

    [Fact]
    public async Task The_same_policy_in_other_words_stands_already()
    {
        var couponId = Given.NewCouponId();
        await When.Put($"/coupons/{couponId}", Policy.With(("vendorId", "null")));

        var answer = await When.Put(
            $"/coupons/{couponId}",
            Policy.Without("couponType", "vendorId").Replace("2020-01-01T00:00:00.000Z", "2020-01-01T09:00:00+09:00", StringComparison.Ordinal));

        Then.Is(200, answer);
    }

    [Theory]
    [InlineData("title", "\"Closing day\"")]
    [InlineData("totalQuantity", "101")]
    [InlineData("totalQuantity", "null")]
    [InlineData("discountAmount", "1001")]
    [InlineData("minAvailableAmount", "10001")]
    [InlineData("dateIssueStart", "\"2020-01-01T00:00:00.001Z\"")]
    [InlineData("dateIssueEnd", "\"2120-01-01T00:00:00.001Z\"")]
    [InlineData("vendorId", "8")]
    [InlineData("vendorId", "null")]
    public async Task Another_policy_put_on_the_same_id_is_refused(string field, string other)
    {
        var couponId = await Given.Coupon();

        var answer = await When.Put($"/coupons/{couponId}", Policy.With((field, other)));

        Then.IsProblem(409, "COUPON_ALREADY_EXIST", answer);
    }

    [Fact]
    public async Task Type_and_vendor_may_be_left_out()
    {
        var couponId = Given.NewCouponId();

        var answer = await When.Put($"/coupons/{couponId}", Policy.Without("couponType", "vendorId"));

        Then.IsCoupon(Then.IsJson(201, answer), couponId, Policy.With(("vendorId", "null")));
    }

    [Fact]
    public async Task The_smallest_and_largest_values_are_taken()
    {
        var smallest = Policy.With(("title", "\"x\""), ("totalQuantity", "0"), ("discountAmount", "0"), ("minAvailableAmount", "0"), ("vendorId", "1"));
        var largest = Policy.With(
            ("title", $"\"{new string('x', 255)}\""), ("totalQuantity", "1073741824"), ("discountAmount", "9007199254740991"),
            ("minAvailableAmount", "9007199254740991"), ("vendorId", "9007199254740991"));

        foreach (var policy in (string[])[smallest, largest])
        {
            var couponId = Given.NewCouponId();
            Then.IsCoupon(Then.IsJson(201, await When.Put($"/coupons/{couponId}", policy)), couponId, policy);
            Then.IsCoupon(await Given.ReadModelHas(couponId, 0), couponId, policy);
        }
    }

    [Fact]
    public async Task A_title_has_255_code_points()
    {
        Then.Is(201, await When.Post("/coupons", Policy.With(("title", $"\"{string.Concat(Enumerable.Repeat("😀", 255))}\""))));
        Then.IsInvalid(await When.Post("/coupons", Policy.With(("title", $"\"{string.Concat(Enumerable.Repeat("😀", 256))}\""))), "title");
    }

    [Theory]
    [InlineData("2020-01-01T00:00:00.9999999Z", "2020-01-01T00:00:00.999999Z")]
    [InlineData("2020-01-01T00:00:00.99999999Z", "2020-01-01T00:00:00.999999Z")]
    [InlineData("2020-01-01T23:59:59.999999999Z", "2020-01-01T23:59:59.999999Z")]
    [InlineData("2020-01-01T00:00:00.1Z", "2020-01-01T00:00:00.1Z")]
    [InlineData("2020-01-02T00:00:00+23:59", "2020-01-01T00:01:00Z")]
    [InlineData("2020-01-01T00:00:00-23:59", "2020-01-01T23:59:00Z")]
    [InlineData("2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00Z")]
    public async Task A_time_is_read_with_any_fraction_and_any_offset(string written, string read)
    {
        var coupon = Then.IsJson(201, await When.Post("/coupons", Policy.With(("dateIssueStart", $"\"{written}\""))));

        Assert.Equal(DateTimeOffset.Parse(read, null), Then.Time(coupon.GetProperty("dateIssueStart")));
    }

    [Fact]
    public async Task The_last_moment_there_is_can_be_an_end() =>
        Then.Is(201, await When.Post("/coupons", Policy.With(("dateIssueEnd", "\"9999-12-31T23:59:59.99999999Z\""))));

    [Theory]
    [InlineData("2100-01-01T00:00:00Z")]
    [InlineData("2020-01-01T00:00:00Z")]
    [InlineData("2025-12-31T23:59:59.999Z")]
    public async Task A_clock_that_is_wrong_costs_no_id(string now)
    {
        await using var service = CouponService.Start();
        service.Clock.Now = DateTimeOffset.Parse(now, null);

        for (var i = 0; i < 20; i++)
            Then.Is(200, await service.When.Get(Then.Is(201, await service.When.Post("/coupons", Policy.With())).Location!));
    }

    [Fact]
    public async Task When_every_id_that_is_tried_is_taken_the_server_says_so()
    {
        await using var service = CouponService.Start(wrapCoupons: _ => new EveryIdIsTaken());

        Then.IsProblem(503, "UNAVAILABLE", await service.When.Post("/coupons", Policy.With()));
    }

    [Fact]
    public async Task No_time_that_is_told_goes_back_with_the_clock()
    {
        await using var service = CouponService.Start();
        var now = DateTimeOffset.UtcNow;
        service.Clock.Now = now;
        var couponId = await service.Given.Coupon();
        await service.Given.Issue(couponId, 1);
        service.Clock.Now = now.AddDays(-1);

        await service.Given.Issue(couponId, 2);
        var used = Then.IsJson(200, await service.When.Post($"/coupons/{couponId}/issues/1/use"));
        var changed = Then.IsJson(200, await service.When.Patch($"/coupons/{couponId}", """{"title":"B"}"""));

        Then.IsIssue(used, couponId, userId: 1, ticket: 1, used: true);
        Assert.True(Then.Time(changed.GetProperty("dateUpdated")) > Then.Time(changed.GetProperty("dateCreated")));
        var (issues, _) = Then.IsPage(await service.When.Get($"/coupons/{couponId}/issues"));
        Assert.True(Then.Time(issues[0].GetProperty("dateIssued")) <= Then.Time(issues[1].GetProperty("dateIssued")));
    }

    [Fact]
    public async Task Times_come_back_in_utc_and_to_the_microsecond()
    {
        var couponId = Given.NewCouponId();
        var policy = Policy.With(("dateIssueStart", "\"2020-01-01t09:00:00.1234569+09:00\""), ("dateIssueEnd", "\"2120-01-01T00:00:00z\""));

        var coupon = Then.IsJson(201, await When.Put($"/coupons/{couponId}", policy));

        Assert.Equal(DateTimeOffset.Parse("2020-01-01T00:00:00.123456Z", null), Then.Time(coupon.GetProperty("dateIssueStart")));
        Assert.Equal(DateTimeOffset.Parse("2120-01-01T00:00:00Z", null), Then.Time(coupon.GetProperty("dateIssueEnd")));
    }

    [Theory]
    [InlineData("title", "\"Closing day\"")]
    [InlineData("totalQuantity", "2")]
    [InlineData("totalQuantity", "200")]
    [InlineData("totalQuantity", "null")]
    [InlineData("dateIssueStart", "\"2019-12-31T23:59:59.999999Z\"")]
    [InlineData("dateIssueEnd", "\"2119-12-31T00:00:00Z\"")]
    public async Task Each_field_that_may_change_is_changed_and_the_rest_stays(string field, string changed)
    {
        var couponId = await Given.Coupon();
        await Given.Issues(couponId, [1, 2]);

        var answer = await When.Patch($"/coupons/{couponId}", $$"""{"{{field}}":{{changed}}}""");

        Then.IsCoupon(Then.IsJson(200, answer), couponId, Policy.With((field, changed)), issuedQuantity: 2);
        Then.Is(200, await When.Put($"/coupons/{couponId}", Policy.With((field, changed))));
        Assert.Equal(answer.Body, (await When.Get($"/coupons/{couponId}")).Body);
    }

    [Fact]
    public async Task Many_fields_are_changed_at_once()
    {
        var couponId = await Given.Coupon();
        (string, string)[] changes = [("title", "\"B\""), ("totalQuantity", "null"), ("dateIssueStart", "\"2121-01-01T00:00:00Z\""), ("dateIssueEnd", "\"2122-01-01T00:00:00Z\"")];

        var answer = await When.Patch(
            $"/coupons/{couponId}",
            """{"title":"B","totalQuantity":null,"dateIssueStart":"2121-01-01T00:00:00Z","dateIssueEnd":"2122-01-01T00:00:00Z"}""");

        Then.IsCoupon(Then.IsJson(200, answer), couponId, Policy.With(changes));
    }

    [Fact]
    public async Task A_change_of_nothing_changes_nothing()
    {
        var couponId = Given.NewCouponId();
        var created = await When.Put($"/coupons/{couponId}", Policy.With());

        var nothing = await When.Patch($"/coupons/{couponId}", "{}");
        var same = await When.Patch($"/coupons/{couponId}", """{"title":"Opening day"}""");

        Assert.Equal(created.Body, Then.Is(200, nothing).Body);
        Assert.Equal(created.Body, Then.Is(200, same).Body);
    }

    [Fact]
    public async Task A_total_below_what_is_issued_is_refused()
    {
        var couponId = await Given.Coupon();
        await Given.Issues(couponId, [1, 2]);

        Then.IsProblem(409, "INVALID_COUPON_ISSUE_QUANTITY", await When.Patch($"/coupons/{couponId}", """{"totalQuantity":1}"""));
        Then.Is(200, await When.Patch($"/coupons/{couponId}", """{"totalQuantity":2}"""));
        Then.IsProblem(409, "INVALID_COUPON_ISSUE_QUANTITY", await When.Post($"/coupons/{couponId}/issues", """{"userId":3}"""));
    }

    [Fact]
    public async Task A_raised_total_is_issued_up_to()
    {
        var couponId = await Given.SoldOutCoupon();

        await When.Patch($"/coupons/{couponId}", """{"totalQuantity":2}""");

        Then.IsIssue(Then.IsJson(201, await When.Post($"/coupons/{couponId}/issues", """{"userId":2}""")), couponId, userId: 2, ticket: 2);
        Then.IsProblem(409, "INVALID_COUPON_ISSUE_QUANTITY", await When.Post($"/coupons/{couponId}/issues", """{"userId":3}"""));
    }

    [Theory]
    [InlineData("dateIssueStart", "\"2120-01-01T00:00:00.000Z\"")]
    [InlineData("dateIssueStart", "\"2121-01-01T00:00:00Z\"")]
    [InlineData("dateIssueEnd", "\"2020-01-01T00:00:00.000Z\"")]
    [InlineData("dateIssueEnd", "\"2019-01-01T00:00:00Z\"")]
    public async Task A_period_turned_around_by_a_change_is_refused(string field, string turned)
    {
        var couponId = await Given.Coupon();

        var answer = await When.Patch($"/coupons/{couponId}", $$"""{"{{field}}":{{turned}}}""");

        Then.IsInvalid(answer, "dateIssueEnd");
    }

    [Fact]
    public async Task A_coupon_is_seen_in_the_read_model()
    {
        var couponId = await Given.Coupon();
        await Given.Issues(couponId, [1, 2, 3]);

        var coupon = await Given.ReadModelHas(couponId, 3);

        Then.IsCoupon(coupon, couponId, Policy.With(), issuedQuantity: 3);
    }

    [Fact]
    public async Task A_title_is_the_same_wherever_it_is_read()
    {
        var couponId = Given.NewCouponId();
        var title = "\"a'; DROP TABLE coupons; -- \\ud83c\\udf9f\\uffff\\u200d<script>\"";

        var created = await When.Put($"/coupons/{couponId}", Policy.With(("title", title)));

        Then.IsCoupon(Then.IsJson(201, created), couponId, Policy.With(("title", title)));
        Then.IsCoupon(await Given.ReadModelHas(couponId, 0), couponId, Policy.With(("title", title)));
    }

    [Fact]
    public async Task A_coupon_that_does_not_exist_is_not_found()
    {
        var couponId = Given.NewCouponId();

        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Get($"/coupons/{couponId}"));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Get($"/coupons/{couponId}/status"));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Patch($"/coupons/{couponId}", "{}"));
    }

    [Fact]
    public async Task Status_counts_every_answered_issue_at_once()
    {
        var couponId = await Given.Coupon(("totalQuantity", "2"));

        await StatusIs(couponId, "OPEN", issued: 0, total: 2, remaining: 2);
        await Given.Issue(couponId, 1);
        await StatusIs(couponId, "OPEN", issued: 1, total: 2, remaining: 1);
        await Given.Issue(couponId, 2);
        await StatusIs(couponId, "SOLD_OUT", issued: 2, total: 2, remaining: 0);
    }

    [Fact]
    public async Task Status_follows_the_period()
    {
        await StatusIs(await Given.CouponNotOpenYet(), "NOT_OPEN", issued: 0, total: 100, remaining: 100);
        await StatusIs(await Given.CouponThatEnded(), "ENDED", issued: 0, total: 100, remaining: 100);
        await StatusIs(await Given.Coupon(("totalQuantity", "0")), "SOLD_OUT", issued: 0, total: 0, remaining: 0);
    }

    [Fact]
    public async Task Status_of_an_unlimited_coupon_has_no_total_and_no_remainder()
    {
        var couponId = await Given.Coupon(("totalQuantity", "null"));
        await Given.Issue(couponId, 1);

        await StatusIs(couponId, "OPEN", issued: 1, total: null, remaining: null);
    }

    private async Task StatusIs(long couponId, string state, long issued, long? total, long? remaining)
    {
        var status = Then.IsJson(200, await When.Get($"/coupons/{couponId}/status"));
        Then.HasFields(status, "couponId", "state", "issuedQuantity", "totalQuantity", "remaining");
        Assert.Equal(couponId, status.GetProperty("couponId").GetInt64());
        Assert.Equal(state, status.GetProperty("state").GetString());
        Assert.Equal(issued, status.GetProperty("issuedQuantity").GetInt64());
        Assert.Equal(total, NumberOrNull(status.GetProperty("totalQuantity")));
        Assert.Equal(remaining, NumberOrNull(status.GetProperty("remaining")));
    }

    private sealed class EveryIdIsTaken : IEntities
    {
        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => new(new Refused(RefusalReason.CouponAlreadyExist));
    }

    private static long? NumberOrNull(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetInt64();
}
