using Akka.Actor;
using Akka.TestKit.Xunit2;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Entities;

namespace CouponAkka.Sharded.Tests.Edge;

/// <summary>By which node an edge asks a coupon.</summary>
public sealed class NodeDesksTests : TestKit
{
    private readonly NodeDesks _desks = new();
    private readonly NodeDesk[] _nodes;

    public NodeDesksTests() => _nodes = [.. Enumerable.Range(1, 3).Select(number => new NodeDesk(new Address("akka.tcp", "coupons", "host", number), CreateTestProbe().Ref))];

    [Fact]
    public void Without_a_node_that_answers_there_is_none_to_ask() => Assert.Null(_desks.Of(CouponSettings.KeyOf(7)));

    [Fact]
    public void Coupons_that_nobody_has_heard_of_are_asked_by_all_nodes()
    {
        _desks.Set(_nodes, known: 3);

        Assert.Equal(3, Enumerable.Range(1, 100).Select(couponId => _desks.Of(CouponSettings.KeyOf(couponId))).Distinct().Count());
    }

    [Fact]
    public void A_coupon_that_has_answered_is_asked_where_it_lives_and_so_is_its_shard()
    {
        _desks.Set(_nodes, known: 3);
        var sibling = Enumerable.Range(8, 10_000).First(couponId => EntityMessageExtractor.ShardOf(couponId) == EntityMessageExtractor.ShardOf(7));
        foreach (var node in _nodes)
        {
            _desks.Learn(CouponSettings.KeyOf(7), node.Address);

            Assert.Equal(node.Desk, _desks.Of(CouponSettings.KeyOf(7)));
            Assert.Equal(node.Desk, _desks.Of(CouponSettings.KeyOf(sibling)));
        }
    }

    [Fact]
    public void Where_it_lives_is_passed_by_while_that_does_not_answer()
    {
        _desks.Set(_nodes, known: 3);
        _desks.Learn(CouponSettings.KeyOf(7), _nodes[2].Address);
        _desks.Set(_nodes[..2], known: 3);

        Assert.Contains(_desks.Of(CouponSettings.KeyOf(7)), _nodes[..2].Select(node => node.Desk));
        Assert.False(_desks.Answers(_nodes[2].Desk));
        Assert.True(_desks.Answers(_nodes[0].Desk));

        _desks.Set(_nodes, known: 3);
        Assert.Equal(_nodes[2].Desk, _desks.Of(CouponSettings.KeyOf(7)));
    }
}
