using CouponAkka.Api.Identity;
using CouponAkka.Engine;
using CouponAkka.Hosting;
using CouponAkka.Hosting.Http;
using Microsoft.Extensions.Configuration;

namespace CouponAkka.Api.Tests;

public sealed class KnownSettingsTests
{
    private static readonly KnownSettings Known = new(
        ["--migrate"], [new("Data", "./data"), new("ConnectionStrings:Coupons", null), .. KnownSetting.Of<LimitOptions>(LimitOptions.Section), .. KnownSetting.Of<AdminOptions>(AdminOptions.Section)]);

    [Theory]
    [InlineData]
    [InlineData("--data", "x")]
    [InlineData("--DATA=x", "--urls", "http://127.0.0.1:0")]
    [InlineData("/data", "x", "/urls=http://127.0.0.1:0")]
    [InlineData("Limits:ConcurrentRequests=5", "limits:queuedrequests=")]
    [InlineData("--Limits:ConcurrentRequests", "-5")]
    [InlineData("--Data=--x")]
    [InlineData("--Limits=", "--Limits:ConcurrentRequests=5")]
    [InlineData("--Kestrel:Endpoints:Https:Url", "https://*:8443", "--Logging:LogLevel:Default", "Debug", "--OTEL_SERVICE_NAME", "x", "--contentRoot=.")]
    [InlineData("--ConnectionStrings:Coupons=Server=127.0.0.1;Port=1", "--Secrets:Directory", "/run/secrets")]
    public void Arguments_that_are_known_are_no_problem(params string[] arguments) => Assert.Null(Known.ProblemOf(arguments));

    [Theory]
    [InlineData("There is no argument --dta. Is --Data meant? --help lists them.", "--dta", "x")]
    [InlineData("There is no argument --dta. Is --Data meant? --help lists them.", "dta=x")]
    [InlineData("There is no argument --prot. --help lists them.", "--prot", "1")]
    [InlineData("There is no argument --migrat. Is --migrate meant? --help lists them.", "--migrat")]
    [InlineData("There is no argument --ConnectionStrings:Coupon. Is --ConnectionStrings:Coupons meant? --help lists them.", "--ConnectionStrings:Coupon=x")]
    [InlineData("There is no argument 'serve': a setting is given as --Name value. --help lists them.", "--data", "x", "serve")]
    [InlineData("There is no argument '-data': a setting is given as --Name value. --help lists them.", "-data", "x")]
    [InlineData("The argument --data lacks its value.", "--data")]
    [InlineData("The argument --data lacks its value.", "--data", "--urls", "x")]
    [InlineData("There is no argument --Admin:Foo. There are Admin:ApiKey, Admin:SecondApiKey.", "--Admin:Foo", "5")]
    [InlineData("There is no argument --Limits. --help lists them.", "--Limits", "5")]
    [InlineData("There is no argument --hlep. Is --help meant? --help lists them.", "--hlep")]
    [InlineData("The argument --check-health can't be used like this. --help says how.", "--data", "x", "--check-health", "http://127.0.0.1:8080")]
    [InlineData("There is no argument --. --help lists them.", "--")]
    [InlineData("There is no argument '': a setting is given as --Name value. --help lists them.", "")]
    public void An_argument_that_is_not_is_named_with_the_nearest(string problem, params string[] arguments) => Assert.Equal(problem, Known.ProblemOf(arguments));

    [Theory]
    [InlineData("Admin:Foo", "There is no setting Admin:Foo (in the environment: Admin__Foo). There are Admin:ApiKey, Admin:SecondApiKey.")]
    [InlineData("LIMITS:QueuedRequest", "There is no setting Limits:QueuedRequest (in the environment: Limits__QueuedRequest). Is --Limits:QueuedRequests meant? --help lists them.")]
    [InlineData("Secrets:Dir", "There is no setting Secrets:Dir (in the environment: Secrets__Dir). There are Secrets:Directory.")]
    public void What_is_unknown_under_a_section_of_ours_is_named(string setting, string problem) =>
        Assert.Equal(problem, Known.ProblemOf(Configured(setting)), ignoreCase: true);

    [Theory]
    [InlineData("limits:CONCURRENTREQUESTS")]
    [InlineData("ConnectionStrings:Redis")]
    [InlineData("Akka:Foo")]
    [InlineData("Limits")]
    [InlineData("Dta")]
    [InlineData("PATH")]
    public void The_rest_of_the_environment_is_not_ours(string setting) => Assert.Null(Known.ProblemOf(Configured(setting)));

    private static IConfiguration Configured(string setting) =>
        new ConfigurationBuilder().AddInMemoryCollection([new(setting, "x")]).Build();
}
