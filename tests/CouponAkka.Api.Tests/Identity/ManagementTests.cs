using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>Operators are served on ports of their own, where the settings name some.</summary>
public sealed class ManagementTests
{
    private static readonly string[] ForOperators =
    [
        "/health/live", "/health/ready", "/openapi/v1.json", "/docs", "/docs/index.html", "/docs/swagger-ui.css",
        "/", "/dashboard/page.css", "/dashboard/page.js", "/favicon.svg",
    ];

    [Theory]
    [InlineData("Management:Urls")]
    [InlineData("management-urls")]
    public async Task On_public_ports_there_is_the_coupons_API_and_nothing_else(string setting)
    {
        var operators = Ports.FreeAddress();
        await using var service = CouponService.Start([(setting, operators.OriginalString)]);
        using var operatorsWhen = new When(operators);

        foreach (var path in ForOperators)
        {
            Then.IsProblem(404, "NOT_FOUND", await service.When.Get(path));
            Assert.Contains((await operatorsWhen.Get(path)).Status, (int[])[200, 301]);
        }

        // A stream, which would not end.
        Then.IsProblem(404, "NOT_FOUND", await service.When.Get("/events"));
        foreach (var when in (When[])[service.When, operatorsWhen])
        {
            var couponId = await new Given(when).Coupon();
            Then.Is(201, await when.Post($"/coupons/{couponId}/issues", """{"userId":7}"""));
            Then.Is(200, await when.Get("/coupons"));
            Then.Is(200, await when.Get("/hello"));
            Then.IsProblem(404, "NOT_FOUND", await when.Get("/no/such/path"));
            Then.IsProblem(405, "METHOD_NOT_ALLOWED", await when.Send(HttpMethod.Delete, "/coupons"));
        }
    }

    [Fact]
    public async Task Also_where_Kestrel_has_its_addresses_from_settings_of_its_own()
    {
        var (open, operators) = (Ports.FreeAddress(), Ports.FreeAddress());
        await using var service = CouponService.Start([("Kestrel:Endpoints:Open:Url", open.OriginalString), ("Management:Urls", operators.OriginalString)]);
        using var openWhen = new When(open);
        using var operatorsWhen = new When(operators);

        Then.Is(404, await openWhen.Get("/health/live"));
        Then.Is(200, await openWhen.Get("/coupons"));
        Then.Is(200, await operatorsWhen.Get("/health/live"));
    }

    [Fact]
    public async Task The_probe_of_containers_asks_there()
    {
        var operators = Ports.FreeAddress().OriginalString;
        await using var service = CouponService.Start([("Management:Urls", operators)]);

        var (told, withoutIt) = (await Probe(service.Address, operators.Replace("127.0.0.1", "*", StringComparison.Ordinal)), await Probe(service.Address, ""));

        Assert.Equal(0, told);
        Assert.Equal(1, withoutIt);
    }

    [Theory]
    [InlineData("9090")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:port")]
    [InlineData("ftp://127.0.0.1:9090")]
    [InlineData("http://unix:/tmp/socket")]
    [InlineData("http://127.0.0.1:1234")]
    public async Task An_address_that_is_none_of_their_own_stops_the_start(string url)
    {
        var ended = await RunningProcess.RunAsync(Repository.Program(
            "CouponAkka.Standalone", ["--urls", "http://127.0.0.1:1234", "--data", "/nonexistent", "--management-urls", url]));

        Assert.StartsWith($"Management:Urls has \"{url}", ended.Refusal, StringComparison.Ordinal);
    }

    private static async Task<int> Probe(Uri given, string managementUrls) => (await RunningProcess.RunAsync(Repository.Program(
        "CouponAkka.Standalone", ["--check-health", given.OriginalString], new Dictionary<string, string> { ["Management__Urls"] = managementUrls }))).ExitCode;
}
