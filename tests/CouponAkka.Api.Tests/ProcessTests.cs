using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The contract's part <em>The process itself</em>.</summary>
public sealed class ProcessTests(SharedService shared) : ApiTests(shared)
{
    [Fact]
    public async Task Liveness_names_its_check() => IsHealthy(await When.Get("/health/live"), "process");

    [Fact]
    public async Task Readiness_names_each_check() => IsHealthy(await When.Get("/health/ready"), "journal", "projection", "reactions");

    [Fact]
    public async Task The_dashboard_is_a_page_that_needs_no_other_host()
    {
        var answer = await When.Get("/");

        Assert.Equal("text/html; charset=utf-8", Then.Is(200, answer).ContentType);
        Assert.Equal("default-src 'self'; frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Theory]
    [InlineData("Limits:ConcurrentRequests", "0")]
    [InlineData("Limits:ConcurrentRequests", "-1")]
    [InlineData("Limits:ConcurrentRequests", "many")]
    [InlineData("Limits:QueuedRequests", "-1")]
    [InlineData("Limits:QueuedRequests", "1000001")]
    [InlineData("Commerce:PayoutRate", "-0.1")]
    [InlineData("Commerce:PayoutRate", "1.01")]
    [InlineData("Commerce:PayoutRate", "10%")]
    [InlineData("Orders:TimeOutSeconds", "0.9")]
    [InlineData("Orders:TimeOutSeconds", "86401")]
    [InlineData("Orders:TimeOutSeconds", "NaN")]
    [InlineData("Orders:TimeOutSeconds", "soon")]
    [InlineData("Orders:AskPaymentAgainSeconds", "0.09")]
    [InlineData("Orders:AskPaymentAgainSeconds", "3601")]
    [InlineData("Shipping:PreparationSeconds", "-1")]
    [InlineData("Shipping:PreparationSeconds", "2592001")]
    public async Task A_wrong_number_stops_the_start_with_one_clear_line(string setting, string value)
    {
        using var data = new TempDirectory();
        var ended = await RunningProcess.RunAsync(Repository.Program(
            "CouponAkka.Standalone", ["--urls", "http://127.0.0.1:0", "--data", data.Path, $"--{setting}", value]));

        Assert.Contains(setting.Split(':')[1], ended.Refusal, StringComparison.Ordinal);
    }

    private static void IsHealthy(Answer answer, params string[] checks)
    {
        var health = Then.Is(200, answer).Json;
        Assert.Equal("application/json", answer.ContentType?.Split(';')[0]);
        Then.HasFields(health, "status", "checks");
        Assert.Equal("Healthy", health.GetProperty("status").GetString());
        Then.HasFields(health.GetProperty("checks"), checks);
        foreach (var check in health.GetProperty("checks").EnumerateObject())
            Assert.Equal("Healthy", check.Value.GetProperty("status").GetString());
    }
}
