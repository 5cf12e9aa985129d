using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Standalone.Health;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Reacting;

/// <summary>The counter of vendor 3 counts the uses of the vendor's coupons.</summary>
public sealed class ReactionTests : IDisposable
{
    private const long VendorId = 3;
    private static readonly EntityKey Counter = new(CounterKind.Instance, VendorId);
    private static readonly long[] CouponIds = [7, 8, 9];

    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    public static TheoryData<string, string> Losses => new()
    {
        { "nothing", "" },
        { "deleted", "it is not there" },
        { "of an older moment", "" },
        { "no database", "not a database" },
        { "a page overwritten", "malformed|not a database" },
        { "a number changed", "its checksum does not match" },
        { "the position changed", "its checksum does not match" },
        { "begun beside another journal", "begun beside another journal" },
        { "ahead of the journal", "it has seen event 1000000" },
        { "another version", "its schema is 99" },
    };

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Each_use_is_counted_once_whatever_became_of_how_far_reactions_were(string what, string reason)
    {
        await using (var engine = Open())
        {
            await CreateAsync(engine);
            await UseAsync(engine, 1, 10);
            await CountIsAsync(engine, 30);
            await SavedAsync(engine);
        }

        File.Copy(_data.Reactions, _data.In("older.db"));
        await using (var engine = Open())
        {
            await UseAsync(engine, 11, 10);
            await CountIsAsync(engine, 60);
            await SavedAsync(engine);
        }

        Spoil(what);
        await using var reopened = Open();
        await UseAsync(reopened, 21, 10);

        await CountIsAsync(reopened, 90);
        await SavedAsync(reopened);
        RequireEachOnce(reopened, 90);
        Assert.Null(reopened.Reactions.Status.Trouble);
        Assert.True(
            reason.Length == 0
                ? !reopened.ReactionStoreLog.Has(LogLevel.Warning)
                : reason.Split('|').Any(part => reopened.ReactionStoreLog.Has(LogLevel.Warning, "delivered again", _data.Reactions, part)),
            reopened.ReactionStoreLog.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_use_is_counted_once_wherever_the_process_is_killed_and_writes_fail(int seed)
    {
        var random = new Random(seed);
        await using (var engine = Open())
            await CreateAsync(engine);
        var user = 1;
        for (var life = 0; life < 6; life++)
        {
            var killed = _data.In($"killed{life}.db");
            await using (var engine = Open())
            {
                for (var round = random.Next(1, 4); round > 0; round--, user += 5)
                {
                    await UseAsync(engine, user, 5);
                    await Task.Delay(random.Next(60));
                    engine.Disk.Next(random.Next(2) == 0 ? WriteFault.FailsAfterItLanded : WriteFault.FailsBeforeItLands);
                    await engine.AskAsync(CouponIds[0], new IssueCoupon(1_000 + user));
                    await engine.WritableAsync();
                }

                // What a process leaves that is killed now, however far it comes until it stops.
                await Task.Delay(random.Next(300));
                if (File.Exists(_data.Reactions))
                    DatabaseFile.Execute(_data.Reactions, $"VACUUM INTO '{killed}'");
            }

            TempDirectory.DeleteDatabase(_data.Reactions);
            if (File.Exists(killed))
                File.Move(killed, _data.Reactions);
        }

        await using var last = Open();
        await CountIsAsync(last, (user - 1) * CouponIds.Length);
        await SavedAsync(last);
        RequireEachOnce(last, (user - 1) * CouponIds.Length);
    }

    [Theory]
    [InlineData("payload = x'00'", "its checksum does not match")]
    [InlineData("manifest = 'ci'", "its checksum does not match")]
    [Trait("Promise", "10")]
    public async Task A_damaged_event_stalls_its_source_and_no_other_and_a_mended_one_goes_on(string damage, string because)
    {
        await using (var engine = Open())
        {
            await CreateAsync(engine);
            await UseAsync(engine, 1, 4);
        }

        TempDirectory.DeleteDatabase(_data.Reactions);
        File.Copy(_data.Journal, _data.In("whole.db"));
        // The third use of coupon 7.
        DatabaseFile.Execute(_data.Journal, $"""
            UPDATE events SET {damage} WHERE ordering =
                (SELECT ordering FROM events WHERE kind = 1 AND entity_id = 7 AND manifest = 'cu' ORDER BY ordering LIMIT 1 OFFSET 2)
            """);

        await using (var engine = Open())
        {
            await CountIsAsync(engine, 10);
            await Eventually.HoldsAsync(() => engine.Reactions.Status.Trouble is not null);
            Assert.Contains("from coupon 7. Event ", engine.Reactions.Status.Trouble, StringComparison.Ordinal);
            Assert.Contains(because, engine.Reactions.Status.Trouble, StringComparison.Ordinal);
            Assert.Equal([Events.Key(7)], engine.Reactions.Status.Stalled.Keys);
            Assert.True(engine.ReactionLog.Has(LogLevel.Critical, "coupon 7", "is stalled", because), engine.ReactionLog.ToString());
            var health = await new ReactionHealth(engine.Reactions).CheckHealthAsync(new HealthCheckContext());
            Assert.Equal((HealthStatus.Degraded, engine.Reactions.Status.Trouble), (health.Status, health.Description));
            await SavedAsync(engine);
            Assert.Equal(1, Read<long>("SELECT count(*) FROM reaction_progress WHERE entity_id = 7 AND stalled_because IS NOT NULL"));
        }

        // Mended by hand, with the events that have been added since.
        DatabaseFile.Execute(_data.Journal, $"""
            ATTACH '{_data.In("whole.db")}' AS whole;
            UPDATE events SET payload = w.payload, manifest = w.manifest FROM whole.events AS w WHERE w.ordering = events.ordering;
            DETACH whole
            """);
        await using var mended = Open();
        await CountIsAsync(mended, 12);
        await Eventually.HoldsAsync(() => mended.Reactions.Status.Trouble is null, () => mended.Reactions.Status.Trouble ?? "");
        Assert.Equal(HealthStatus.Healthy, (await new ReactionHealth(mended.Reactions).CheckHealthAsync(new HealthCheckContext())).Status);
        RequireEachOnce(mended, 12);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_page_of_the_journal_that_is_overwritten_stalls_only_the_sources_with_events_on_it()
    {
        const int coupons = 300;
        using (var journal = EventJournal.Open(_data.Journal))
        {
            journal.Append([.. Enumerable.Range(1, coupons).Select(couponId => Events.Coupon(
                couponId, Events.Issued(1, 1_000 + couponId, 5_000), Events.Used(1_000 + couponId, 1), Events.Used(5_000, 2)))]);
        }

        DatabaseFile.Execute(_data.Journal, "PRAGMA wal_checkpoint(TRUNCATE)");
        DatabaseFile.OverwritePage(_data.Journal, LeafOf(coupons / 2), 0);

        await using var engine = Open();
        await Eventually.HoldsAsync(() => engine.Reactions.Status.Stalled.Count > 0, () => engine.ReactionLog.ToString());
        await Eventually.HoldsAsync(() => SettledOf(engine) == coupons * 2, () => $"{SettledOf(engine)} {engine.Reactions.Status.Trouble}");

        Assert.InRange(engine.Reactions.Status.Stalled.Count, 1, coupons / 5);
        Assert.Contains(Events.Key(coupons / 2), engine.Reactions.Status.Stalled.Keys);
        Assert.Null(engine.Reactions.Status.Failure);

        // Counted, or of a coupon that is stalled.
        static int SettledOf(EngineInProcess engine)
        {
            var counted = Counted(engine);
            return counted.Count + engine.Reactions.Status.Stalled.Keys.Sum(key => 2 - counted.Count(cause => cause.Id == key.Id));
        }
    }

    [Fact]
    public async Task Who_is_due_rings_once_also_when_its_time_comes_while_the_process_is_stopped()
    {
        var soon = Timestamp.From(TimeProvider.System.GetUtcNow()).Plus(TimeSpan.FromSeconds(2));
        await using (var engine = Open())
        {
            await AskAsync(engine, 1, new Wind(soon));
            await AskAsync(engine, 2, new Wind(soon.Plus(TimeSpan.FromDays(1))));
            await AskAsync(engine, 3, new Wind(soon));
            await AskAsync(engine, 3, new Count(1));
            await Eventually.HoldsAsync(() => Read<long>("SELECT count(*) FROM reaction_due") == 2);
            Assert.Equal(CounterReply.Is(0), await AskAsync(engine, 1, new GetRings()));
        }

        await Eventually.HoldsAsync(() => TimeProvider.System.GetUtcNow() > soon.ToDateTimeOffset());
        await using var reopened = Open();
        await Eventually.HoldsAsync(async () => await AskAsync(reopened, 1, new GetRings()) is CounterReply { Count: 1 });
        await Eventually.HoldsAsync(() => Read<long>("SELECT count(*) FROM reaction_due") == 1);

        Assert.Equal(CounterReply.Is(1), await AskAsync(reopened, 1, new GetRings()));
        Assert.Equal(CounterReply.Is(0), await AskAsync(reopened, 2, new GetRings()));
        Assert.Equal(CounterReply.Is(0), await AskAsync(reopened, 3, new GetRings()));
    }

    [Fact]
    public async Task A_program_without_reactions_reads_nothing()
    {
        await using var engine = new EngineInProcess(_data);
        _ = engine.Reactions;
        await CreateAsync(engine);
        await UseAsync(engine, 1, 2);
        await Eventually.HoldsAsync(() => File.Exists(_data.Reactions));

        Assert.Null(engine.Reactions.Status.Trouble);
        Assert.Equal(0, engine.Reactions.Status.Waiting);
    }

    private EngineInProcess Open()
    {
        var engine = new EngineInProcess(_data, kinds: CounterKind.WithCounters);
        _ = engine.Reactions;
        return engine;
    }

    private static async Task CreateAsync(EngineInProcess engine)
    {
        foreach (var couponId in CouponIds)
            await engine.CreateAsync(couponId, null);
    }

    /// <summary>So many users use each coupon, all at once.</summary>
    private static async Task UseAsync(EngineInProcess engine, int firstUser, int users)
    {
        await Task.WhenAll(CouponIds.SelectMany(couponId => Enumerable.Range(firstUser, users).Select(async user =>
        {
            await engine.IssueAsync(couponId, user);
            Assert.IsType<Used>(await engine.AskAsync(couponId, new UseCoupon(user)));
        })));
    }

    private static Task<Reply> AskAsync(EngineInProcess engine, long id, Command command) =>
        engine.Entities.AskAsync(CounterKind.Instance, id, command).AsTask().WaitAsync(Eventually.Deadline);

    private static Task CountIsAsync(EngineInProcess engine, long count) => Eventually.HoldsAsync(
        async () => await AskAsync(engine, VendorId, new GetCount()) is CounterReply { Says: "is", Count: var is_ } && is_ >= count,
        () => $"{Counted(engine).Count} of {count}. {engine.Reactions.Status.Trouble} {engine.ReactionLog}");

    /// <summary>Returns when all of the journal is read, delivered and saved.</summary>
    private Task SavedAsync(EngineInProcess engine) => Eventually.HoldsAsync(
        () => Read<long>("SELECT position FROM reactions") == engine.Journal.LastOrdering, () => engine.ReactionLog.ToString());

    private static List<Cause> Counted(EngineInProcess engine) =>
        [.. engine.Journal.ReadEntity(Counter, 0).Select(row => ((UseCounted)row.Decode(CounterKind.Instance)).Cause)];

    private static void RequireEachOnce(EngineInProcess engine, int count)
    {
        var counted = Counted(engine);
        Assert.Equal(count, counted.Count);
        Assert.Equal(count, counted.Distinct().Count());
    }

    // The file is there a moment before its tables are.
    private T? Read<T>(string sql) => File.Exists(_data.Reactions) && DatabaseFile.Scalar<long>(_data.Reactions, "PRAGMA user_version") > 0
        ? DatabaseFile.Scalar<T>(_data.Reactions, sql)
        : default;

    private void Spoil(string what)
    {
        switch (what)
        {
            case "deleted":
                TempDirectory.DeleteDatabase(_data.Reactions);
                break;
            case "of an older moment":
                TempDirectory.DeleteDatabase(_data.Reactions);
                File.Move(_data.In("older.db"), _data.Reactions);
                break;
            case "no database":
                File.WriteAllText(_data.Reactions, string.Concat(Enumerable.Repeat("This is a letter to my grandmother. ", 500)));
                break;
            case "a page overwritten":
                DatabaseFile.OverwriteRootPage(_data.Reactions, "reaction_progress", 0xA5);
                break;
            case "a number changed":
                DatabaseFile.Execute(_data.Reactions, "UPDATE reaction_progress SET number = number + 1024 WHERE entity_id = 8");
                break;
            case "the position changed":
                DatabaseFile.Execute(_data.Reactions, "UPDATE reactions SET position = position - 1");
                break;
            case "begun beside another journal":
                DatabaseFile.Execute(_data.Reactions, "UPDATE reactions SET journal_id = 'another'");
                break;
            case "ahead of the journal":
                DatabaseFile.Execute(_data.Reactions, "UPDATE reactions SET position = 1000000");
                break;
            case "another version":
                DatabaseFile.Execute(_data.Reactions, "PRAGMA user_version = 99; DROP TABLE reaction_due");
                break;
        }
    }

    /// <summary>The page that holds the first use of a coupon, whose user is in it.</summary>
    private long LeafOf(long couponId)
    {
        var pageSize = (int)DatabaseFile.Scalar<long>(_data.Journal, "PRAGMA page_size");
        var payload = DatabaseFile.Scalar<byte[]>(_data.Journal, $"SELECT payload FROM events WHERE entity_id = {couponId} AND sequence_number = 3");
        var place = File.ReadAllBytes(_data.Journal).AsSpan().IndexOf(payload);
        Assert.NotEqual(-1, place);
        return (place / pageSize) + 1;
    }
}
