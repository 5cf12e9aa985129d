namespace CouponAkka.Strategies.Tests;

public sealed class DistributedLockTests(Stores stores) : IClassFixture<Stores>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly string _name = $"lock_{Guid.NewGuid():N}";

    [Fact]
    public async Task Who_waits_has_it_once_it_is_given_back()
    {
        var first = await AcquireAsync(Long, Long);
        var second = AcquireAsync(Long, Long);
        Assert.False(second.IsCompleted);

        await first!.DisposeAsync();

        Assert.NotNull(await second.WaitAsync(Long));
    }

    [Fact]
    public async Task Who_has_waited_long_enough_goes_without()
    {
        Assert.NotNull(await AcquireAsync(Long, Long));
        Assert.Null(await AcquireAsync(TimeSpan.FromMilliseconds(50), Long));
    }

    [Fact]
    public async Task A_lease_that_is_over_leaves_it_to_the_next_and_the_first_can_not_give_that_back()
    {
        var first = await AcquireAsync(Long, TimeSpan.FromMilliseconds(50));
        Assert.NotNull(await AcquireAsync(Long, Long).WaitAsync(Long));

        await first!.DisposeAsync();

        Assert.Null(await AcquireAsync(TimeSpan.FromMilliseconds(50), Long));
    }

    private Task<DistributedLock.Held?> AcquireAsync(TimeSpan wait, TimeSpan lease) => stores.Locks.TryAcquireAsync(_name, wait, lease);
}
