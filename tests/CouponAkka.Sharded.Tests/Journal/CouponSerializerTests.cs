using Akka.Actor;
using Akka.Hosting;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Sharded.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Sharded.Tests.Journal;

/// <summary>Every message of ours goes through Akka's serialization and comes back, under the number that stands in the journal.</summary>
public sealed class CouponSerializerTests : IAsyncLifetime
{
    private static readonly CouponPolicy Policy = new("a coupon", 3, 1_000, 10_000, new Timestamp(1), new Timestamp(2), 5);
    private static readonly CouponIssue Issue = new(7, 0, 1, new Timestamp(5));

    private readonly IHost _host = new HostBuilder()
        .ConfigureServices(services => services.AddAkka("coupons", akka => akka
            .WithEntitySerializers(EntityKinds.All)))
        .Build();

    public static TheoryData<object> Messages =>
    [
        new CouponCreated(Policy, new Timestamp(3)),
        new CouponChanged("another", null, new Timestamp(1), new Timestamp(2), new Timestamp(3)),
        new CouponsIssued([new CouponIssued(1, 1, new Timestamp(5)), new CouponIssued(2, 2, new Timestamp(6))]),
        new CouponUsed(1, 1, 20_000, 1_000, 5, new Timestamp(7)),
        WriterFence.Instance,
        WriterFence.HandedOver,
        new FollowCoupon(7, 1, 2, 3),
        new FollowCoupon(7, 1, 2),
        new FollowedCoupon(7, 1),
    ];

    public Task InitializeAsync() => _host.StartAsync();

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_comes_back_as_it_went(object message) => Assert.Equal(message, Back(message));

    [Fact]
    public void A_request_comes_back_with_every_kind_of_command_in_its_place()
    {
        var request = new CouponRequest(
            7, 9, [new IssueCoupon(1), new UseCoupon(2, 3), new IssueCoupon(4), new FindIssue(5), GetStatus.Instance, new CreateCoupon(Policy), new ChangeCoupon("t"),
            StopIssuing.Instance, ResumeIssuing.Instance, GetCoupon.Instance]);

        var back = Assert.IsType<CouponRequest>(Back(request));

        Assert.Equal((7, 9), (back.CouponId, back.Number));
        Assert.Equal(request.Commands, back.Commands);
    }

    [Fact]
    public void Answers_come_back_with_every_kind_of_reply_in_its_place()
    {
        var answers = new CouponAnswers(
            7,
            9,
            [
                new Issued(Issue), new Refused(RefusalReason.SoldOut), new Issued(Issue with { Ticket = 2 }),
                new Refused(RefusalReason.DuplicatedIssue, Issue with { UserId = 3, DateUsed = new Timestamp(8) }),
                new CouponStands(new CouponView(7, Policy, 2, new Timestamp(1), new Timestamp(2)), Created: true),
                new Used(Issue with { UserId = 3, DateUsed = new Timestamp(8) }), new IssueFound(Issue with { UserId = 4 }),
                new StatusIs(new CouponStatus(7, CouponState.Open, 2, null)), CouponReply.OutcomeUnknown, new Refused(RefusalReason.Stopped),
                new CouponFound(new CouponView(7, Policy, 2, new Timestamp(1), new Timestamp(2), Stopped: true)),
                new Refused(RefusalReason.CouponChanged, Coupon: new CouponView(7, Policy, 2, new Timestamp(1), new Timestamp(2))),
            ],
            Closed: true);

        var back = Assert.IsType<CouponAnswers>(Back(answers));

        Assert.Equal((7, 9, true), (back.CouponId, back.Number, back.Closed));
        Assert.Equal(answers.Replies, back.Replies);
    }

    [Fact]
    public void A_lease_comes_back_with_its_events_and_a_part_with_its_bytes()
    {
        var lease = new CouponLease(
            7, 9, [new NumberedEvent(4, null), new NumberedEvent(5, new CouponUsed(1, 1, null, 1, null, new Timestamp(7)))], TimeSpan.FromSeconds(1));
        var part = new CouponSnapshotPart(7, 9, 5, 2, 6, new byte[] { 1, 2, 3 });

        var leased = Assert.IsType<CouponLease>(Back(lease));
        var fetched = Assert.IsType<CouponSnapshotPart>(Back(part));

        Assert.Equal((lease.CouponId, lease.Number, lease.Duration), (leased.CouponId, leased.Number, leased.Duration));
        Assert.Equal(lease.Events, leased.Events);
        Assert.Equal(part with { Bytes = default }, fetched with { Bytes = default });
        Assert.Equal(part.Bytes.ToArray(), fetched.Bytes.ToArray());
    }

    [Fact]
    public void A_snapshot_comes_back()
    {
        var coupon = new Coupon(7);
        coupon.Evolve(new CouponCreated(Policy, new Timestamp(3)));
        coupon.Evolve(new CouponsIssued([new CouponIssued(1, 1, new Timestamp(5))]));
        var snapshot = coupon.TakeSnapshot();

        var back = Assert.IsType<CouponSnapshot>(Back(snapshot));

        // Whose it is, the actor knows that recovers from it.
        Assert.Equal(snapshot.Coupon with { CouponId = 0 }, back.Coupon);
        Assert.Equal(snapshot.Holders, back.Holders);
    }

    /// <summary>They stand in the journal.</summary>
    [Theory]
    [InlineData(false, "00")]
    [InlineData(true, "01")]
    public void A_fence_has_the_bytes_it_was_released_with(bool isHandedOver, string hex)
    {
        var fence = isHandedOver ? WriterFence.HandedOver : WriterFence.Instance;
        var serializer = ((ExtendedActorSystem)_host.Services.GetRequiredService<ActorSystem>()).Serialization.FindSerializerFor(fence);

        Assert.Equal(hex, Convert.ToHexString(serializer.ToBinary(fence)));
        Assert.Equal("wf", Akka.Serialization.Serialization.ManifestFor(serializer, fence));
    }

    private object Back(object message)
    {
        var system = (ExtendedActorSystem)_host.Services.GetRequiredService<ActorSystem>();
        var serializer = system.Serialization.FindSerializerFor(message);
        Assert.Equal(CouponSerializer.Id, serializer.Identifier);
        return system.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, Akka.Serialization.Serialization.ManifestFor(serializer, message));
    }
}
