using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The one service that most tests share: each makes coupons of its own.</summary>
public sealed class SharedService : IAsyncLifetime
{
    // An order that is paid stays so for as long as a test looks.
    public CouponService Service { get; } = CouponService.Start([("Shipping:PreparationSeconds", "86400")]);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Service.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class SharedServiceGroup : ICollectionFixture<SharedService>
{
    public const string Name = "one shared service";
}

/// <summary>Tests that ask the shared service, told as given, when, then.</summary>
[Collection(SharedServiceGroup.Name)]
public abstract class ApiTests(SharedService shared)
{
    protected When When => shared.Service.When;

    protected Given Given => shared.Service.Given;

    protected CouponService Service => shared.Service;
}
