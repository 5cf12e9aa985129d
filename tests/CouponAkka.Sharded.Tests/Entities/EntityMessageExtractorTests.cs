using System.Globalization;
using Akka.Cluster.Sharding;
using Akka.Util;
using CouponAkka.Contracts;
using CouponAkka.Sharded.Entities;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Sharded.Tests.Entities;

public sealed class EntityMessageExtractorTests
{
    // 1 … 2^53−1.
    private static readonly Arbitrary<long> CouponIds =
        (from high in Gen.Choose(0, (1 << 26) - 1) from low in Gen.Choose(0, (1 << 27) - 1) select Math.Max(1, ((long)high << 27) | (uint)low)).ToArbitrary();

    private static readonly EntityMessageExtractor Extractor = new();

    /// <summary>What nodes of older versions say.</summary>
    private static readonly HashCodeMessageExtractor AsReleased =
        HashCodeMessageExtractor.Create(EntityMessageExtractor.NumberOfShards, message => (string)message);

    [Fact]
    [Trait("Promise", "10")]
    public void Every_id_has_the_shard_that_it_always_had() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100_000).WithQuietOnSuccess(true), Prop.ForAll(CouponIds, couponId =>
        {
            var entityId = couponId.ToString(CultureInfo.InvariantCulture);
            Assert.True(MurmurHash.StringHash(entityId) == int.MinValue || Extractor.ShardId(entityId) == AsReleased.ShardId(entityId));
        }));

    [Theory]
    [Trait("Promise", "10")]
    [InlineData(5982396958)]
    [InlineData(11006547186)]
    public void An_id_without_an_amount_of_its_hash_has_a_shard_too(long couponId)
    {
        Assert.Equal(int.MinValue, MurmurHash.StringHash(couponId.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal("48", Extractor.ShardId(Extractor.EntityId(new CouponRequest(couponId, 1, []))!));
        Assert.Equal("48", EntityMessageExtractor.ShardOf(couponId));
    }
}
