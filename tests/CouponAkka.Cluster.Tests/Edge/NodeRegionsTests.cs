using Akka.Actor;
using Akka.TestKit.Xunit2;
using CouponAkka.Cluster.Coupons;
using CouponAkka.Cluster.Edge;

namespace CouponAkka.Cluster.Tests.Edge;

/// <summary>By which node an edge asks a coupon.</summary>
public sealed class NodeRegionsTests : TestKit
{
    private readonly NodeRegions _regions = new();
    private readonly NodeRegion[] _nodes;

    public NodeRegionsTests() => _nodes = [.. Enumerable.Range(1, 3).Select(number => new NodeRegion(new Address("akka.tcp", "coupons", "host", number), CreateTestProbe().Ref))];

    [Fact]
    public void Without_a_node_that_answers_there_is_none_to_ask() => Assert.Null(_regions.Of(7));

    [Fact]
    public void Coupons_that_nobody_has_heard_of_are_asked_by_all_nodes()
    {
        _regions.Set(_nodes, known: 3);

        Assert.Equal(3, Enumerable.Range(1, 100).Select(couponId => _regions.Of(couponId)).Distinct().Count());
    }

    [Fact]
    public void A_coupon_that_has_answered_is_asked_where_it_lives_and_so_is_its_shard()
    {
        _regions.Set(_nodes, known: 3);
        var sibling = Enumerable.Range(8, 10_000).First(couponId => CouponMessageExtractor.ShardOf(couponId) == CouponMessageExtractor.ShardOf(7));
        foreach (var node in _nodes)
        {
            _regions.Learn(7, node.Address);

            Assert.Equal(node.Region, _regions.Of(7));
            Assert.Equal(node.Region, _regions.Of(sibling));
        }
    }

    [Fact]
    public void Where_it_lives_is_passed_by_while_that_does_not_answer()
    {
        _regions.Set(_nodes, known: 3);
        _regions.Learn(7, _nodes[2].Address);
        _regions.Set(_nodes[..2], known: 3);

        Assert.Contains(_regions.Of(7), _nodes[..2].Select(node => node.Region));
        Assert.False(_regions.Answers(_nodes[2].Region));
        Assert.True(_regions.Answers(_nodes[0].Region));

        _regions.Set(_nodes, known: 3);
        Assert.Equal(_nodes[2].Region, _regions.Of(7));
    }
}
