using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Entities;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Entities;

public sealed class FailedWriteTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Promise", "7")]
    public async Task Whoever_waits_for_a_write_that_fails_hears_unknown_and_learns_the_truth_by_asking_again(bool landed)
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 100);
        await engine.IssueAsync(7, 1);

        // While the first write is on its way the others gather, so that some wait for each of two writes.
        engine.Disk.Next(landed ? WriteFault.HangsAfterItLanded : WriteFault.HangsBeforeItLands);
        var first = engine.AskAsync(7, new IssueCoupon(2));
        await engine.Disk.HangsAsync();
        var gathered = Enumerable.Range(3, 20).Select(user => engine.AskAsync(7, new IssueCoupon(user))).ToList();
        var duplicate = engine.AskAsync(7, new IssueCoupon(2));
        var found = engine.AskAsync(7, new FindIssue(2));
        var status = engine.AskAsync(7, GetStatus.Instance);
        engine.Disk.Broken = true;
        engine.Disk.Resume();
        var answers = await Task.WhenAll([first, .. gathered, duplicate, found, status]);
        if (landed)
            Assert.IsType<Issued>(answers[0]);
        Assert.All(answers.Skip(landed ? 1 : 0), answer => Assert.Equal(CouponReply.OutcomeUnknown, answer));

        engine.Disk.Broken = false;
        await engine.WritableAsync();
        var durable = engine.Durable(7);
        Assert.Equal(landed ? new long[] { 1, 2 } : [1], durable.Select(issue => issue.UserId));
        Assert.Equal(2, (await TicketAsync(engine, 2)).Ticket);
        for (var user = 3; user < 23; user++)
            Assert.Equal(user, (await engine.IssueAsync(7, user)).Ticket);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_write_that_landed_and_then_failed_is_found_by_the_retry()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 100);
        engine.Disk.Next(WriteFault.FailsAfterItLanded);

        Assert.Equal(CouponReply.OutcomeUnknown, await engine.AskAsync(7, new IssueCoupon(1)));
        await engine.WritableAsync();

        var retry = await engine.RefusedAsync(7, new IssueCoupon(1));
        Assert.Equal(RefusalReason.DuplicatedIssue, retry.Reason);
        Assert.Equal(Assert.Single(engine.Durable(7)), retry.Issue);
        Assert.Equal(2, (await engine.IssueAsync(7, 2)).Ticket);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_write_that_failed_without_landing_is_made_by_the_retry()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 100);
        engine.Disk.Next(WriteFault.FailsBeforeItLands);

        Assert.Equal(CouponReply.OutcomeUnknown, await engine.AskAsync(7, new IssueCoupon(1)));
        await engine.WritableAsync();

        Assert.Equal(1, (await engine.IssueAsync(7, 1)).Ticket);
        Assert.Equal(1, Assert.Single(engine.Durable(7)).UserId);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task While_the_journal_takes_no_writes_nothing_is_issued_and_refusals_go_on()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 100);
        await engine.CreateAsync(8, 1);
        await engine.IssueAsync(8, 1);
        engine.Disk.Broken = true;
        Assert.Equal(CouponReply.OutcomeUnknown, await engine.AskAsync(7, new IssueCoupon(1)));

        Assert.NotNull(engine.Writer.Trouble);
        Assert.True(engine.WriterLog.Has(LogLevel.Error, "can't be written", "The disk is broken."), engine.WriterLog.ToString());
        for (var user = 1; user <= 5; user++)
            Assert.Equal(CouponReply.Unavailable, await engine.AskAsync(7, new IssueCoupon(user)));
        Assert.Equal(CouponReply.Unavailable, await engine.AskAsync(9, new CreateCoupon(EngineInProcess.Policy(1))));
        Assert.Equal(RefusalReason.SoldOut, (await engine.RefusedAsync(8, new IssueCoupon(2))).Reason);
        Assert.Equal(RefusalReason.DuplicatedIssue, (await engine.RefusedAsync(8, new IssueCoupon(1))).Reason);
        Assert.Equal(RefusalReason.IssueNotExist, (await engine.RefusedAsync(7, new FindIssue(1))).Reason);
        Assert.Equal(0, Assert.IsType<StatusIs>(await engine.AskAsync(7, GetStatus.Instance)).Status.IssuedQuantity);
        Assert.Empty(engine.Durable(7));

        engine.Disk.Broken = false;
        await engine.WritableAsync();
        await Eventually.HoldsAsync(() => engine.WriterLog.Has(LogLevel.Information, "can be written again"), engine.WriterLog.ToString);
        Assert.Equal(1, (await engine.IssueAsync(7, 1)).Ticket);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_coupon_outside_the_failed_write_keeps_its_state_and_its_answers()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 100);
        await engine.CreateAsync(8, 2);
        await engine.IssueAsync(8, [1, 2]);
        engine.Disk.Next(WriteFault.FailsBeforeItLands);
        Assert.Equal(CouponReply.OutcomeUnknown, await engine.AskAsync(7, new IssueCoupon(1)));

        Assert.Equal(RefusalReason.SoldOut, (await engine.RefusedAsync(8, new IssueCoupon(3))).Reason);
        await engine.WritableAsync();
        Assert.Equal(1, (await engine.IssueAsync(7, 1)).Ticket);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task After_a_write_that_hangs_the_truth_is_told_only_once_it_has_come_back()
    {
        // Long enough that a busy machine still asks the second time before the write is given up.
        await using var engine = new EngineInProcess(_data, writeTimeout: TimeSpan.FromSeconds(3));
        await WithoutFaultAsync(() => engine.AskAsync(7, new CreateCoupon(EngineInProcess.Policy(100))));
        await WithoutFaultAsync(() => engine.AskAsync(8, new CreateCoupon(EngineInProcess.Policy(0))));
        engine.Disk.Next(WriteFault.HangsBeforeItLands);
        var waits = engine.AskAsync(7, new IssueCoupon(1));
        await engine.Disk.HangsAsync();
        var gathered = engine.AskAsync(7, new IssueCoupon(2));

        Assert.Equal(CouponReply.OutcomeUnknown, await waits);
        Assert.Equal(CouponReply.OutcomeUnknown, await gathered);
        Assert.True(engine.Writer.Hangs);
        Assert.NotNull(engine.Writer.Trouble);
        // Whether the write lands nobody knows yet, so nothing is said about the coupon; others refuse from memory.
        Assert.Equal(CouponReply.Unavailable, await engine.AskAsync(7, new IssueCoupon(1)));
        Assert.Equal(CouponReply.Unavailable, await engine.AskAsync(7, new FindIssue(1)));
        Assert.Equal(RefusalReason.SoldOut, (await engine.RefusedAsync(8, new IssueCoupon(1))).Reason);

        engine.Disk.Resume();
        await engine.WritableAsync();
        var retry = await engine.RefusedAsync(7, new IssueCoupon(1));
        Assert.Equal(RefusalReason.DuplicatedIssue, retry.Reason);
        Assert.Equal(1, retry.Issue?.Ticket);
        Assert.Equal(RefusalReason.IssueNotExist, (await engine.RefusedAsync(7, new FindIssue(2))).Reason);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Who_decided_just_before_a_hanging_write_was_given_up_hears_unknown_too()
    {
        await using var engine = new EngineInProcess(_data, writeTimeout: TimeSpan.FromMilliseconds(200));
        await WithoutFaultAsync(() => engine.AskAsync(7, new CreateCoupon(EngineInProcess.Policy(100))));
        var coupon = new Coupon(9);
        coupon.Evolve(Events.Created());
        var late = new LiveEntity(CouponKind.Instance, coupon, new RecoveredFrom(SequenceNumber: 1, IssuedInSnapshot: 0, EventsReplayed: 1));
        engine.Disk.Next(WriteFault.HangsBeforeItLands);
        var waits = engine.AskAsync(7, new IssueCoupon(1));
        await engine.Disk.HangsAsync();

        Assert.True(late.TryAsk(new IssueCoupon(1), TimeProvider.System, writable: true, out var reply, out var wantsWrite));
        Assert.True(wantsWrite);
        Assert.Equal(CouponReply.OutcomeUnknown, await waits);
        engine.Writer.Enqueue(late);

        Assert.Equal(CouponReply.OutcomeUnknown, await reply.AsTask().WaitAsync(Eventually.Deadline / 2));
        engine.Disk.Resume();
    }

    [Fact]
    public async Task A_writer_that_is_stopped_in_trouble_answers_everyone()
    {
        Task<Reply> waits;
        await using (var engine = new EngineInProcess(_data))
        {
            await engine.CreateAsync(7, 100);
            engine.Disk.Next(WriteFault.HangsBeforeItLands);
            waits = engine.AskAsync(7, new IssueCoupon(1));
            await engine.Disk.HangsAsync();
            engine.Disk.Broken = true;
            engine.Disk.Resume();
        }

        Assert.Equal(CouponReply.OutcomeUnknown, await waits);
    }

    /// <summary>Asks again until no slow disk has made the outcome unknown.</summary>
    private static async Task WithoutFaultAsync(Func<Task<Reply>> ask) =>
        await Eventually.HoldsAsync(async () => await ask() is not Refused { Reason: RefusalReason.OutcomeUnknown or RefusalReason.Unavailable });

    /// <summary>The unit that the user holds, issued now if it was not.</summary>
    private static async Task<CouponIssue> TicketAsync(EngineInProcess engine, long user) =>
        await engine.AskAsync(7, new IssueCoupon(user)) switch
        {
            Issued issued => issued.Issue,
            Refused { Issue: { } held } => held,
            var other => throw new InvalidOperationException($"Unexpected: {other}"),
        };
}
