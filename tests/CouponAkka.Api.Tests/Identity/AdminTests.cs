using System.Net;
using CouponAkka.Api.Tests.GivenWhenThen;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>The contract's part <em>Admin</em>.</summary>
public sealed class AdminTests
{
    private const string Header = "X-Api-Key";

    private static readonly (string Method, string Path)[] Calls = [("POST", "/coupons"), ("PUT", "/coupons/1"), ("PATCH", "/coupons/1")];

    [Fact]
    public async Task With_no_key_set_admin_calls_are_taken_from_this_machine_and_the_log_says_so()
    {
        await using var service = CouponService.Start();
        var when = service.When;

        await AllAdminCallsSucceed(when);

        Assert.Contains(service.Log.Lines, line => line.StartsWith("Warning: Admin:ApiKey is not set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_no_key_set_a_proxy_on_this_machine_is_refused()
    {
        await using var service = CouponService.Start();
        var when = service.When;

        foreach (var (method, path) in Calls)
        {
            foreach (var header in (string[])["Forwarded", "X-Forwarded-For"])
            {
                foreach (var value in (string[])["for=127.0.0.1", "127.0.0.1", ""])
                    Then.IsProblem(403, "FORBIDDEN", await when.Send(new(method), path, When.Content(Policy.With()), (header, value)));
            }
        }
    }

    [Fact]
    public async Task With_no_key_set_admin_calls_from_elsewhere_are_refused_and_others_are_not()
    {
        await using var service = CouponService.Start(
            configure: services => services.AddSingleton<IStartupFilter>(new CallsFrom(IPAddress.Parse("203.0.113.5"))));
        var when = service.When;

        foreach (var (method, path) in Calls)
        {
            Then.IsProblem(403, "FORBIDDEN", await when.Send(new(method), path, When.Content(Policy.With())));
            Then.IsProblem(403, "FORBIDDEN", await when.Send(new(method), path, When.Content(Policy.With()), (Header, "")));
        }

        Then.Is(200, await when.Get("/coupons"));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await when.Post("/coupons/1/issues", """{"userId":1}"""));
    }

    [Fact]
    public async Task While_keys_are_changed_both_are_taken_and_no_third()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "the-new"), ("Admin:SecondApiKey", "the-old")]);
        using var changed = new When(service.Address, (Header, "the-new"));
        using var notYet = new When(service.Address, (Header, "the-old"));
        using var wrong = new When(service.Address, (Header, "the-"));

        await AllAdminCallsSucceed(changed);
        Then.Is(200, await notYet.Patch("/coupons/1", "{}"));
        Then.IsProblem(403, "FORBIDDEN", await wrong.Patch("/coupons/1", "{}"));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Patch("/coupons/1", "{}"));
    }

    [Fact]
    public async Task A_key_that_is_empty_is_none()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "the-one"), ("Admin:SecondApiKey", "")]);
        using var empty = new When(service.Address, (Header, ""));

        Then.IsProblem(403, "FORBIDDEN", await empty.Patch("/coupons/1", "{}"));
    }

    [Fact]
    public async Task A_key_may_come_from_a_file()
    {
        using var secrets = new TempDirectory();
        await File.WriteAllTextAsync(secrets.In("Admin__ApiKey"), "from-a-file\n");
        await using var service = CouponService.Start([("Secrets:Directory", secrets.Path), ("Admin:ApiKey", "from-the-command-line")]);
        using var admin = new When(service.Address, (Header, "from-a-file"));
        using var other = new When(service.Address, (Header, "from-the-command-line"));

        await AllAdminCallsSucceed(admin);
        Then.IsProblem(403, "FORBIDDEN", await other.Patch("/coupons/1", "{}"));
    }

    [Fact]
    public async Task With_a_key_set_admin_calls_need_it()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "open-sesame")]);
        var stranger = service.When;
        using var admin = new When(service.Address, (Header, "open-sesame"));

        foreach (var (method, path) in Calls)
        {
            Then.IsProblem(401, "UNAUTHENTICATED", await stranger.Send(new(method), path, When.Content(Policy.With())));
            foreach (var wrong in (string[])["wrong", "open-sesam", "open-sesame2", "OPEN-SESAME", "", "open-sesame,open-sesame"])
                Then.IsProblem(403, "FORBIDDEN", await stranger.Send(new(method), path, When.Content(Policy.With()), (Header, wrong)));
        }

        await AllAdminCallsSucceed(admin);
        Then.Is(200, await stranger.Get("/coupons"));
        Then.Is(201, await stranger.Post("/coupons/1/issues", """{"userId":1}"""));
    }

    [Fact]
    public async Task The_key_is_looked_at_before_the_request_is()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "open-sesame")]);
        var stranger = service.When;

        foreach (var (method, path) in Calls)
        {
            Then.IsProblem(401, "UNAUTHENTICATED", await stranger.Send(new(method), path, When.Content("{")));
            // What is not read is not kept either: the connection ends with the answer.
            Then.IsProblem(
                401,
                "UNAUTHENTICATED",
                await stranger.Send(
                    new(method), path, When.Content(new string(' ', 20_000)), ("Connection", "close"), ("Expect", "100-continue")));
            Then.IsProblem(401, "UNAUTHENTICATED", await stranger.Send(new(method), path, When.Content("x", "text/plain")));
            Then.IsProblem(401, "UNAUTHENTICATED", await stranger.Send(new(method), path));
        }

        Then.IsProblem(401, "UNAUTHENTICATED", await stranger.Put("/coupons/abc", Policy.With()));
    }

    private static async Task AllAdminCallsSucceed(When when)
    {
        Then.Is(201, await when.Post("/coupons", Policy.With()));
        Then.Is(201, await when.Put("/coupons/1", Policy.With()));
        Then.Is(200, await when.Patch("/coupons/1", """{"title":"x"}"""));
    }

    /// <summary>Makes every call seem to come from an address.</summary>
    private sealed class CallsFrom(IPAddress address) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((HttpContext context, RequestDelegate rest) =>
            {
                context.Connection.RemoteIpAddress = address;
                return rest(context);
            });
            next(app);
        };
    }
}
