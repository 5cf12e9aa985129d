using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Entities;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Entities;

public sealed class FollowersTests
{
    private readonly ManualTime _time = new();
    private readonly Followers _followers;
    private readonly Coupon _closed = new(7);

    public FollowersTests()
    {
        _followers = new Followers(_time);
        // Long over.
        _closed.Evolve(Created());
    }

    [Fact]
    public void A_lease_with_many_large_events_fits_in_a_frame_or_is_not_given()
    {
        const int issues = 4_096;
        var users = Enumerable.Range(0, issues).Select(user => (1L << 53) - 1 - user).ToArray();
        for (var number = 2; number <= 200; number++)
            _followers.Happened(number, Issued(1, users));

        var few = _followers.Answer(new FollowCoupon(7, 1, 195), _closed, 200, WriterLease.Length);
        Assert.InRange(CouponMessageCodec.Encode(Assert.IsType<CouponLease>(few)).Length, 5 * issues, 1024 * 1024);

        Assert.Null(_followers.Answer(new FollowCoupon(7, 1, 1), _closed, 200, WriterLease.Length));
    }

    [Fact]
    public void A_snapshot_that_nobody_fetches_any_more_is_let_go()
    {
        _followers.Encoded(new SnapshotEncoded(5, new byte[100]));
        Assert.False(_followers.ForgetSnapshot());

        _time.Pass(Followers.SnapshotKept + TimeSpan.FromMilliseconds(1));

        Assert.True(_followers.ForgetSnapshot());
    }

    [Fact]
    public void A_snapshot_that_could_not_be_encoded_is_tried_again()
    {
        Assert.Null(_followers.Answer(new FollowCoupon(7, 1, 0), _closed, 5, WriterLease.Length));
        Assert.NotNull(_followers.Answer(new FollowCoupon(7, 2, 0), _closed, 5, WriterLease.Length));

        _followers.NotEncoded();

        Assert.Null(_followers.Answer(new FollowCoupon(7, 3, 0), _closed, 5, WriterLease.Length));
    }

    public static TheoryData<PolicyCommand> Changes => [new ChangeCoupon("t"), StopIssuing.Instance, ResumeIssuing.Instance];

    [Theory]
    [MemberData(nameof(Changes))]
    [Trait("Promise", "18")]
    public void A_change_waits_for_the_longest_lease_that_was_given_and_a_little_more(PolicyCommand change)
    {
        _followers.Answer(new FollowCoupon(7, 1, 5), _closed, 5, WriterLease.Length);
        _followers.Answer(new FollowCoupon(7, 2, 5), _closed, 5, WriterLease.Length / 10);

        Assert.Equal(WriterLease.WaitedOut + TimeSpan.FromMilliseconds(1), _followers.MustWait(new CouponRequest(7, 1, [change])));
    }

    [Fact]
    [Trait("Promise", "18")]
    public void A_writer_whose_own_lease_is_over_gives_none() =>
        Assert.IsNotType<CouponLease>(_followers.Answer(new FollowCoupon(7, 1, 5), _closed, 5, TimeSpan.Zero));
}
