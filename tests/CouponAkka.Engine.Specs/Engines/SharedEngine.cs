namespace CouponAkka.Engine.Specs.Engines;

/// <summary>An engine that runs as long as the specs of one class, which tell each other apart by coupon ids.</summary>
public sealed class SharedEngine<TEngine> : IAsyncLifetime
    where TEngine : IEngine, new()
{
    public TEngine Engine { get; } = new();

    public Task InitializeAsync() => Engine.StartAsync();

    public async Task DisposeAsync() => await Engine.DisposeAsync();
}
