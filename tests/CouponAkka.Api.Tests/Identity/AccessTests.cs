using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>Where tokens are taken: what whose token lets its bearer do. The contract's part <em>Admin and identity</em>.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const string Key = "open-sesame";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-keys-");
    private readonly IssuerKey _key = IssuerKey.Ec("ec-1");
    private CouponService _service = null!;
    private long _couponId;

    public async Task InitializeAsync()
    {
        var path = Path.Combine(_directory.FullName, "keys.json");
        await File.WriteAllTextAsync(path, IssuerKey.Set(_key));
        _service = CouponService.Start([("Auth:SigningKeys", path), ("Auth:Audience", Token.Audience), ("Admin:ApiKey", Key)]);
        using var admin = new When(_service.Address, ("X-Api-Key", Key));
        _couponId = await new Given(admin).Coupon();
        await _service.Given.ReadModelHas(_couponId, 0);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _key.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_user_issues_finds_lists_and_uses_for_themselves()
    {
        using var user = As("7");

        Assert.Equal(7, Then.IsJson(201, await user.Post($"/coupons/{_couponId}/issues", """{"userId":7}""")).GetProperty("userId").GetInt64());
        Then.Is(200, await user.Get($"/coupons/{_couponId}/issues/7"));
        Then.IsPage(await user.Get("/users/7/coupons"));
        Then.Is(200, await user.Post($"/coupons/{_couponId}/issues/7/use"));
    }

    [Fact]
    public async Task The_user_may_be_left_out_and_is_the_token_s()
    {
        using var user = As("8");

        Assert.Equal(8, Then.IsJson(201, await user.Post($"/coupons/{_couponId}/issues", "{}")).GetProperty("userId").GetInt64());
        Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", await user.Post($"/coupons/{_couponId}/issues", """{"userId":null}"""), "issue");
    }

    [Fact]
    public async Task A_user_does_nothing_for_another()
    {
        using var user = As("7");

        await IsForbidden("coupons:act-for", user.Post($"/coupons/{_couponId}/issues", """{"userId":9}"""));
        await IsForbidden("coupons:act-for", user.Get($"/coupons/{_couponId}/issues/9"));
        await IsForbidden("coupons:act-for", user.Post($"/coupons/{_couponId}/issues/9/use"));
        await IsForbidden("coupons:act-for", user.Get($"/coupons/{_couponId}/issues/abc"));
        await IsForbidden("coupons:read", user.Get("/users/9/coupons"));
        await IsForbidden("coupons:read", user.Get($"/coupons/{_couponId}/issues"));
        await IsForbidden("coupons:read", user.Get("/vendors/1/payouts"));
        await IsForbidden("coupons:read", user.Get("/users/9/orders"));
        await IsForbidden("coupons:act-for", user.Post("/orders", """{"userId":9,"productId":1,"quantity":1}"""));
        await IsForbidden("coupons:admin", user.Put("/products/1", """{"name":"x","price":1,"stock":1}"""));
        await IsForbidden("coupons:admin", user.Patch("/products/1", "{}"));
        await IsForbidden("coupons:admin", user.Post("/products/1/restock", """{"quantity":1}"""));
        await IsForbidden("coupons:admin", user.Post("/products/random"));
        await IsForbidden("coupons:admin", user.Post("/coupons/random"));
        await IsForbidden("coupons:admin", user.Put("/vendors/1", """{"name":"x"}"""));
        await IsForbidden("coupons:admin", user.Put($"/coupons/{_couponId}", Policy.With()));
        await NobodyHolds(9);
    }

    [Theory]
    [InlineData("coupons:act-for")]
    [InlineData("openid coupons:read coupons:act-for")]
    public async Task Who_acts_for_others_issues_finds_and_uses_for_them(string scope)
    {
        // A service of ours, which is no user.
        using var service = As("\"back-office\"", scope);

        Then.Is(201, await service.Post($"/coupons/{_couponId}/issues", """{"userId":10}"""));
        Then.Is(200, await service.Get($"/coupons/{_couponId}/issues/10"));
        Then.Is(200, await service.Post($"/coupons/{_couponId}/issues/10/use"));
        Then.IsInvalid(await service.Get($"/coupons/{_couponId}/issues/abc"), "userId");
        await IsForbidden("coupons:act-for", service.Post($"/coupons/{_couponId}/issues", "{}"));
    }

    [Fact]
    public async Task A_reader_lists_who_holds_what_and_does_nothing_else()
    {
        using var reader = As("\"report\"", "coupons:read");

        Then.IsPage(await reader.Get($"/coupons/{_couponId}/issues"));
        Then.IsPage(await reader.Get("/users/9/coupons"));
        await IsForbidden("coupons:act-for", reader.Post($"/coupons/{_couponId}/issues", """{"userId":9}"""));
        await IsForbidden("coupons:act-for", reader.Get($"/coupons/{_couponId}/issues/9"));
        await IsForbidden("coupons:admin", reader.Patch($"/coupons/{_couponId}", "{}"));
    }

    [Fact]
    public async Task An_administrator_by_token_makes_and_changes_coupons_and_does_nothing_else()
    {
        using var admin = As("\"ops\"", "coupons:admin");
        var couponId = Given.NewCouponId();

        Then.Is(201, await admin.Post("/coupons", Policy.With()));
        Then.Is(201, await admin.Put($"/coupons/{couponId}", Policy.With()));
        Then.Is(200, await admin.Patch($"/coupons/{couponId}", """{"title":"x"}"""));
        await IsForbidden("coupons:act-for", admin.Post($"/coupons/{_couponId}/issues", """{"userId":9}"""));
        await IsForbidden("coupons:read", admin.Get($"/coupons/{_couponId}/issues"));
    }

    [Fact]
    public async Task An_order_is_its_user_s_to_place_and_to_see_and_of_who_acts_for_them()
    {
        using var admin = As("\"ops\"", "coupons:admin");
        using var user = As("7");
        using var other = As("8");
        using var service = As("\"back-office\"", "coupons:act-for");
        using var reader = As("\"report\"", "coupons:read");
        Then.Is(201, await admin.Put("/products/1", """{"name":"x","price":1,"stock":10}"""));

        var order = Then.IsJson(202, await user.Post("/orders", """{"productId":1,"quantity":1}"""));
        var path = $"/orders/{order.GetProperty("orderId").GetInt64()}";

        Assert.Equal(7, order.GetProperty("userId").GetInt64());
        Then.Is(200, await user.Get(path));
        Then.Is(200, await service.Get(path));
        await IsForbidden("coupons:act-for", other.Get(path));
        await IsForbidden("coupons:act-for", reader.Get(path));
        await IsForbidden("coupons:act-for", admin.Get(path));
        Then.IsProblem(404, "ORDER_NOT_EXIST", await other.Get("/orders/9007199254740991"));
        Then.IsPage(await user.Get("/users/7/orders"));
        Then.IsPage(await reader.Get("/users/7/orders"));
        await IsForbidden("coupons:read", service.Get("/users/7/orders"));
        Then.Is(202, await service.Post("/orders", """{"userId":7,"productId":1,"quantity":1}"""));
        await IsForbidden("coupons:act-for", service.Post("/orders", """{"productId":1,"quantity":1}"""));
        await IsForbidden("coupons:act-for", reader.Post("/orders", """{"userId":7,"productId":1,"quantity":1}"""));
    }

    [Fact]
    public async Task The_admin_key_opens_admin_calls_also_beside_a_token_and_no_others()
    {
        using var both = As("7", others: ("X-Api-Key", Key));
        using var wrong = As("7", others: ("X-Api-Key", "wrong"));
        using var scopeAndWrong = As("7", "coupons:admin", ("X-Api-Key", "wrong"));
        using var key = new When(_service.Address, ("X-Api-Key", Key));

        Then.Is(200, await both.Patch($"/coupons/{_couponId}", "{}"));
        Then.Is(200, await key.Patch($"/coupons/{_couponId}", "{}"));
        Then.Is(200, await scopeAndWrong.Patch($"/coupons/{_couponId}", "{}"));
        Then.IsProblem(403, "FORBIDDEN", await wrong.Patch($"/coupons/{_couponId}", "{}"));
        Then.IsProblem(401, "UNAUTHENTICATED", await key.Get($"/coupons/{_couponId}/issues"));
        Then.IsProblem(401, "UNAUTHENTICATED", await key.Post($"/coupons/{_couponId}/issues", """{"userId":9}"""));
    }

    [Fact]
    public async Task Without_a_token_all_but_the_coupons_themselves_is_closed()
    {
        var stranger = _service.When;

        foreach (var path in (string[])["/coupons", "/products", $"/coupons/{_couponId}/status", "/hello", "/health/ready", "/openapi/v1.json", "/"])
            Then.Is(200, await stranger.Get(path));
        string[] closed =
            [$"/coupons/{_couponId}/issues", $"/coupons/{_couponId}/issues/7", "/users/7/coupons", "/vendors/1/payouts", "/users/7/orders", "/orders/1"];
        foreach (var path in closed)
            await IsUnauthenticated(stranger.Get(path));
        await IsUnauthenticated(stranger.Post("/orders", """{"userId":7,"productId":1,"quantity":1}"""));
        await IsUnauthenticated(stranger.Post($"/coupons/{_couponId}/issues", """{"userId":7}"""));
        await IsUnauthenticated(stranger.Post($"/coupons/{_couponId}/issues", "not even JSON"));
        await IsUnauthenticated(stranger.Post($"/coupons/{_couponId}/issues/7/use"));
        await IsUnauthenticated(stranger.Post("/coupons", Policy.With()));
        await IsUnauthenticated(stranger.Put("/coupons/abc", Policy.With()));
        await NobodyHolds(7);
    }

    [Theory]
    [InlineData("\"alice\"")]
    [InlineData("\"0\"")]
    [InlineData("\"-7\"")]
    [InlineData("\"07\"")]
    [InlineData("\" 7\"")]
    [InlineData("\"7.0\"")]
    [InlineData("\"٧\"")]
    [InlineData("\"9007199254740992\"")]
    [InlineData("\"99999999999999999999\"")]
    [InlineData("\"\"")]
    [InlineData(null)]
    public async Task A_token_whose_sub_is_no_user_is_for_nobody(string? sub)
    {
        using var noUser = As(sub);

        await IsForbidden("coupons:act-for", noUser.Post($"/coupons/{_couponId}/issues", """{"userId":7}"""));
        await IsForbidden("coupons:act-for", noUser.Post($"/coupons/{_couponId}/issues", "{}"));
        await IsForbidden("coupons:act-for", noUser.Get($"/coupons/{_couponId}/issues/7"));
        await IsForbidden("coupons:read", noUser.Get("/users/7/coupons"));
        await NobodyHolds(7);
    }

    [Theory]
    [InlineData("\"9007199254740991\"", 9007199254740991)]
    [InlineData("12", 12)]
    public async Task A_sub_may_be_any_id_also_as_a_number(string sub, long userId)
    {
        using var user = As(sub);

        Assert.Equal(userId, Then.IsJson(201, await user.Post($"/coupons/{_couponId}/issues", "{}")).GetProperty("userId").GetInt64());
    }

    [Theory]
    [InlineData("scp", "\"coupons:read\"", true)]
    [InlineData("scp", "\"a coupons:read b\"", true)]
    [InlineData("scp", "[\"a\",\"coupons:read\"]", true)]
    [InlineData("scope", "[\"coupons:read\"]", true)]
    [InlineData("scope", "\"coupons:readers\"", false)]
    [InlineData("scope", "\"COUPONS:READ\"", false)]
    [InlineData("scopes", "\"coupons:read\"", false)]
    [InlineData("roles", "[\"coupons:read\"]", false)]
    public async Task Scopes_are_words_in_scope_or_scp(string claim, string json, bool isReader)
    {
        using var when = new When(_service.Address, ("Authorization", $"Bearer {new Token(_key) { Others = [(claim, json)] }}"));

        if (isReader)
            Then.IsPage(await when.Get($"/coupons/{_couponId}/issues"));
        else
            await IsForbidden("coupons:read", when.Get($"/coupons/{_couponId}/issues"));
    }

    [Fact]
    public async Task The_course_s_paths_need_a_token_too_and_answer_200()
    {
        using var user = As("7");
        using var service = As("\"back-office\"", "coupons:act-for");
        var body = $$"""{"userId":7,"couponId":{{_couponId}}}""";

        foreach (var path in (string[])["/v1/issue", "/v1/issue-async", "/v2/issue-async"])
        {
            IsFailure(await _service.When.Post(path, body));
            IsFailure(await user.Post(path, $$"""{"userId":9,"couponId":{{_couponId}}}"""));
        }

        await NobodyHolds(7);
        await NobodyHolds(9);
        Assert.True(Then.IsJson(200, await user.Post("/v1/issue", body)).GetProperty("isSuccess").GetBoolean());
        Assert.True(Then.IsJson(200, await service.Post("/v2/issue-async", $$"""{"userId":9,"couponId":{{_couponId}}}""")).GetProperty("isSuccess").GetBoolean());
    }

    [Fact]
    public async Task With_no_key_either_this_machine_is_no_administrator()
    {
        var path = Path.Combine(_directory.FullName, "others.json");
        await File.WriteAllTextAsync(path, IssuerKey.Set(_key));
        await using var service = CouponService.Start([("Auth:SigningKeys", path), ("Auth:Audience", Token.Audience)]);

        await IsUnauthenticated(service.When.Post("/coupons", Policy.With()));
        await IsUnauthenticated(service.When.Send(HttpMethod.Post, "/coupons", When.Content(Policy.With()), ("X-Api-Key", "")));
        Assert.DoesNotContain(service.Log.Lines, line => line.Contains("Admin:ApiKey is not set", StringComparison.Ordinal));
        Assert.DoesNotContain(service.Log.Lines, line => line.Contains("Auth is not set", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/coupons/{couponId}/issues", "post", true)]
    [InlineData("/coupons/{couponId}/issues", "get", true)]
    [InlineData("/coupons/{couponId}/issues/{userId}", "get", true)]
    [InlineData("/coupons/{couponId}/issues/{userId}/use", "post", true)]
    [InlineData("/users/{userId}/coupons", "get", true)]
    [InlineData("/users/{userId}/orders", "get", true)]
    [InlineData("/orders", "post", true)]
    [InlineData("/orders/{orderId}", "get", true)]
    [InlineData("/products", "get", false)]
    [InlineData("/coupons", "get", false)]
    [InlineData("/v1/issue", "post", false)]
    public async Task The_document_says_where_a_token_may_be_refused(string path, string method, bool mayBe)
    {
        var document = Then.Is(200, await _service.When.Get("/openapi/v1.json")).Json;

        var responses = document.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses");

        Assert.Equal((mayBe, mayBe), (responses.TryGetProperty("401", out _), responses.TryGetProperty("403", out _)));
    }

    [Fact]
    public async Task Without_settings_for_tokens_the_log_says_what_that_means()
    {
        await using var service = CouponService.Start();

        Assert.Contains(service.Log.Lines, line => line.StartsWith("Warning: Auth is not set: userId is taken as it comes", StringComparison.Ordinal));
        Then.IsInvalid(await service.When.Post("/coupons/1/issues", "{}"), "userId");
    }

    private When As(string? sub, string? scope = null, params (string, string)[] others) =>
        new(_service.Address, [("Authorization", $"Bearer {new Token(_key) { Sub = sub, Scope = scope }}"), .. others]);

    private async Task NobodyHolds(long userId)
    {
        using var service = As("\"back-office\"", "coupons:act-for");
        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", await service.Get($"/coupons/{_couponId}/issues/{userId}"));
    }

    private static async Task IsUnauthenticated(Task<Answer> asked)
    {
        var answer = await asked;
        Then.IsProblem(401, "UNAUTHENTICATED", answer);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    private static async Task IsForbidden(string scope, Task<Answer> asked)
    {
        var answer = await asked;
        Then.IsProblem(403, "FORBIDDEN", answer);
        Assert.Equal($"Bearer error=\"insufficient_scope\", scope=\"{scope}\"", answer.Headers.WwwAuthenticate.ToString());
        Then.IsNothingForABrowser(answer);
    }

    private static void IsFailure(Answer answer)
    {
        var said = Then.IsJson(200, answer);
        Assert.False(said.GetProperty("isSuccess").GetBoolean());
        Assert.Equal("쿠폰 발급 요청에 실패했습니다.", said.GetProperty("comment").GetString());
    }
}
