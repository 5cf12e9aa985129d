using CouponAkka.Engine;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Tests.Entities;

public sealed class PersistenceIdsTests
{
    [Fact]
    public void Each_name_leads_back_to_its_entity()
    {
        EntityKey[] keys = [CouponSettings.KeyOf(7), CouponSettings.KeyOf(long.MaxValue), new(CounterKind.Instance, 7)];

        Assert.Equal(["coupon-7", "coupon-9223372036854775807", "counter-7"], keys.Select(PersistenceIds.Of));
        Assert.Equal(
            keys,
            keys.Select(key => PersistenceIds.TryParse(PersistenceIds.Of(key), CounterKind.WithCounters, out var found) ? found : null).OfType<EntityKey>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("coupon")]
    [InlineData("coupon-")]
    [InlineData("coupon--7")]
    [InlineData("coupon-7x")]
    [InlineData("coupon-9223372036854775808")]
    [InlineData("-7")]
    [InlineData("counter-7")]
    [InlineData("warm-up-0123456789abcdef0123456789abcdef")]
    public void What_is_no_entity_of_a_kind_that_is_known_has_none(string name) => Assert.False(PersistenceIds.TryParse(name, EntityKinds.All, out _));
}
