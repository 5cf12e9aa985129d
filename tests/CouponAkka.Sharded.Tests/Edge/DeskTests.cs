using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Entities;

namespace CouponAkka.Sharded.Tests.Edge;

/// <summary>What goes between an edge and a node: one message each way at a time, with all that has gathered.</summary>
public sealed class DeskTests : TestKit
{
    private readonly ManualTime _time = new();
    private readonly TestProbe _region;
    private readonly TestProbe _edge;

    public DeskTests()
        : base("akka.test.single-expect-default = 30s")
    {
        _region = CreateTestProbe();
        _edge = CreateTestProbe();
    }

    [Fact]
    public void An_edge_sends_one_message_at_a_time_with_all_that_has_gathered()
    {
        var desk = CreateTestProbe();
        var post = Sys.ActorOf(NodePost.Props(desk, _time));
        for (var couponId = 1; couponId <= 4; couponId++)
            post.Tell(Request(couponId), _edge);

        var first = desk.ExpectMsg<CouponRequests>();
        Assert.Equal([1], first.Requests.Select(request => request.CouponId));
        desk.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        post.Tell(new Arrived(first.Number), desk);

        Assert.Equal([2, 3, 4], desk.ExpectMsg<CouponRequests>().Requests.Select(request => request.CouponId));
    }

    [Fact]
    public void A_message_that_is_lost_keeps_the_next_one_back_for_a_second()
    {
        var desk = CreateTestProbe();
        var post = Sys.ActorOf(NodePost.Props(desk, _time));
        post.Tell(Request(1), _edge);
        var lost = desk.ExpectMsg<CouponRequests>();
        post.Tell(Request(2), _edge);
        desk.ExpectNoMsg(TimeSpan.FromMilliseconds(50));

        _time.Pass(OneOnItsWay<CouponRequest>.Patience);

        Assert.Equal([2], desk.ExpectMsg<CouponRequests>().Requests.Select(request => request.CouponId));
        // It was only late: what came after it is still on its way.
        post.Tell(new Arrived(lost.Number), desk);
        post.Tell(Request(3), _edge);
        desk.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_node_says_that_a_message_has_come_hands_it_to_its_coupons_and_gathers_their_answers()
    {
        var desk = Sys.ActorOf(Desk.Props(Regions(), _time));
        desk.Tell(new CouponRequests([Request(1), Request(2), Request(3)], 9), _edge);

        Assert.Equal(9, _edge.ExpectMsg<Arrived>().Number);
        for (var couponId = 1; couponId <= 3; couponId++)
        {
            Assert.Equal(couponId, _region.ExpectMsg<CouponRequest>().CouponId);
            _region.Reply(Answers(couponId));
        }

        var first = _edge.ExpectMsg<CouponReplies>();
        var line = _edge.Sender;
        Assert.Equal([1], Coupons(first));
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        line.Tell(new Arrived(first.Number), _edge);
        Assert.Equal([2, 3], Coupons(_edge.ExpectMsg<CouponReplies>()));
    }

    [Fact]
    public void An_edge_is_told_where_a_coupon_lives()
    {
        var desk = Sys.ActorOf(Desk.Props(Regions(), _time));
        desk.Tell(new CouponRequests([Request(1)], 1), _edge);
        _edge.ExpectMsg<Arrived>();
        _region.ExpectMsg<CouponRequest>();

        _region.Reply(Answers(1));

        Assert.Equal(((ExtendedActorSystem)Sys).Provider.DefaultAddress.ToString(), Assert.Single(_edge.ExpectMsg<CouponReplies>().Homes).Home);
    }

    [Fact]
    public void What_would_not_fit_in_a_frame_waits_for_the_next_message()
    {
        var desk = CreateTestProbe();
        var post = Sys.ActorOf(NodePost.Props(desk, _time));
        post.Tell(Request(1), _edge);
        var first = desk.ExpectMsg<CouponRequests>();
        for (var couponId = 2; couponId <= 4; couponId++)
            post.Tell(new CouponRequest(couponId, 1, [.. Enumerable.Range(1, Weight.Most / 2).Select(user => new IssueCoupon(user))]), _edge);
        // It has them all when it has passed on what came after them.
        post.Tell(new FollowCoupon(1, 1, 0), _edge);
        desk.ExpectMsg<FollowCoupon>();

        post.Tell(new Arrived(first.Number), desk);
        var second = desk.ExpectMsg<CouponRequests>();
        Assert.Equal([2, 3], second.Requests.Select(request => request.CouponId));
        post.Tell(new Arrived(second.Number), desk);

        Assert.Equal([4], desk.ExpectMsg<CouponRequests>().Requests.Select(request => request.CouponId));
    }

    [Fact]
    public void An_edge_that_asks_coupon_by_coupon_is_answered_so()
    {
        var desk = Sys.ActorOf(Desk.Props(Regions(), _time));

        desk.Tell(Request(1), _edge);
        _region.ExpectMsg<CouponRequest>();
        _region.Reply(Answers(1));

        Assert.Equal(1, _edge.ExpectMsg<CouponAnswers>().CouponId);
    }

    private ShardRegions Regions()
    {
        var regions = new ShardRegions();
        regions.Add(CouponKind.Instance, _region);
        return regions;
    }

    private static CouponRequest Request(long couponId) => new(couponId, 1, [new IssueCoupon(7)]);

    private static CouponAnswers Answers(long couponId) => new(couponId, 1, [new Issued(new CouponIssue(couponId, 7, 1, new Timestamp(1)))]);

    private static IEnumerable<long> Coupons(CouponReplies replies) => replies.Homes.SelectMany(from => from.Answers).Select(answers => answers.CouponId);
}
