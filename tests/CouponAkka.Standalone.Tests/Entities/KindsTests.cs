using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Entities;

/// <summary>Two kinds of entities with the same id, in one journal.</summary>
public sealed class KindsTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("Promise", "3")]
    public async Task An_entity_recovers_and_that_of_another_kind_with_its_id_is_not_disturbed()
    {
        await using (var engine = Open())
        {
            Assert.Equal(CounterReply.Is(2), await AskAsync(engine, new Count(2)));
            await engine.CreateAsync(7, 3);
            Assert.Equal(CounterReply.Is(5), await AskAsync(engine, new Count(3)));
            await engine.IssueAsync(7, 11);
            Assert.Equal(1, engine.Entities.CountOf(CounterKind.Instance));
            engine.Entities.RetireIdle(TimeSpan.Zero);
            Assert.Equal(0, engine.Entities.CountOf(CounterKind.Instance));
            Assert.Equal(CounterReply.Is(5), await AskAsync(engine, new GetCount()));
        }

        await using var reopened = Open();
        Assert.Equal(CounterReply.Is(5), await AskAsync(reopened, new GetCount()));
        Assert.Equal(RefusalReason.DuplicatedIssue, (await reopened.RefusedAsync(7, new IssueCoupon(11))).Reason);
    }

    [Fact]
    public async Task What_gathers_during_a_write_is_one_event()
    {
        await using var engine = Open();
        engine.Disk.Next(WriteFault.HangsBeforeItLands);
        var first = AskAsync(engine, new Count(1));
        await engine.Disk.HangsAsync();
        var others = Enumerable.Range(0, 3).Select(_ => AskAsync(engine, new Count(2))).ToArray();
        engine.Disk.Resume();

        Assert.Equal(CounterReply.Is(1), await first);
        Assert.Equal([CounterReply.Is(3), CounterReply.Is(5), CounterReply.Is(7)], await Task.WhenAll(others));
        Assert.Equal(
            [new Counted(1), new Counted(6)],
            engine.Journal.ReadEntity(new(CounterKind.Instance, 7), 0).Select(row => row.Decode(CounterKind.Instance)));
    }

    [Theory]
    [InlineData("payload = x'00'")]
    [InlineData("manifest = 'cc'")]
    [InlineData("kind = 1")]
    [Trait("Promise", "10")]
    public async Task An_entity_with_a_damaged_event_is_unavailable_and_the_log_says_why_and_others_go_on(string damage)
    {
        await using (var engine = Open())
        {
            Assert.Equal(CounterReply.Is(2), await AskAsync(engine, new Count(2)));
            Assert.Equal(CounterReply.Is(3), await AskAsync(engine, new Count(1)));
            await engine.CreateAsync(8, 3);
        }

        DatabaseFile.Execute(_data.Journal, $"UPDATE events SET {damage} WHERE kind = 99 AND sequence_number = 1");

        await using var reopened = Open();
        Assert.Equal(CounterReply.Unavailable, await AskAsync(reopened, new GetCount()));
        Assert.Contains("counter 7", reopened.EngineLog.ToString(), StringComparison.Ordinal);
        await reopened.IssueAsync(8, 11);
    }

    [Fact]
    public async Task The_projection_keeps_kinds_with_the_same_ids_apart()
    {
        await using var engine = Open();
        Assert.Equal(CounterReply.Is(2), await AskAsync(engine, new Count(2)));
        await engine.CreateAsync(7, 3);
        await engine.IssueAsync(7, 11);
        Assert.Equal(CounterReply.Is(3), await AskAsync(engine, new Count(1)));

        await engine.ProjectedAsync();

        Assert.Null(engine.Projection.Status.Trouble);
        Assert.Equal(["7|1"], DatabaseFile.Rows(_data.ReadModel, "SELECT id, issued_quantity FROM coupons"));
    }

    private EngineInProcess Open() => new(_data, kinds: CounterKind.WithCounters);

    private static Task<Reply> AskAsync(EngineInProcess engine, Command command) =>
        engine.Entities.AskAsync(CounterKind.Instance, 7, command).AsTask().WaitAsync(Eventually.Deadline);
}
