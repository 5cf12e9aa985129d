using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Notifying;

/// <summary>The numbers of what happened, whatever becomes of the file that they are in.</summary>
public sealed class NumberingLoopTests : IDisposable
{
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
        { "begun beside another journal", "begun beside another journal" },
        { "ahead of the journal", "it has numbered event|its checksum does not match" },
        { "another version", "its schema is 99" },
    };

    [Theory]
    [MemberData(nameof(Losses))]
    [Trait("Promise", "17")]
    public async Task Each_thing_keeps_its_number_whatever_became_of_the_file(string what, string reason)
    {
        IReadOnlyList<string> before;
        await using (var engine = Open())
        {
            foreach (var couponId in (long[])[7, 8])
                await engine.CreateAsync(couponId, null);
            await Task.WhenAll(engine.IssueAsync(7, Users(1, 40)), engine.IssueAsync(8, Users(1, 40)));
            before = await NumberedAsync(engine, 82);
        }

        File.Copy(_data.Notifications, _data.In("older.db"));
        await using (var engine = Open())
        {
            await engine.IssueAsync(7, Users(41, 40));
            before = await NumberedAsync(engine, 122, before);
        }

        Spoil(what);
        await using var reopened = Open();
        await reopened.IssueAsync(7, 1_000);
        var all = await NumberedAsync(reopened, 123, before);
        Assert.Equal(all, await NumberedAsync(reopened, 123, all));
        Assert.True(
            reason.Length == 0
                ? !reopened.NumberingLog.Has(LogLevel.Warning)
                : reason.Split('|').Any(part => reopened.NumberingLog.Has(LogLevel.Warning, "are lost", _data.Notifications, part)),
            reopened.NumberingLog.ToString());
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task A_file_that_is_deleted_while_it_is_used_comes_out_the_same()
    {
        await using var engine = Open();
        await engine.CreateAsync(7, null);
        await engine.IssueAsync(7, Users(1, 20));
        var before = await NumberedAsync(engine, 21);

        TempDirectory.DeleteDatabase(_data.Notifications);

        await Eventually.HoldsAsync(() => engine.NumberingLog.Has(LogLevel.Warning, "are lost"), engine.NumberingLog.ToString);
        await engine.IssueAsync(7, 21);
        await NumberedAsync(engine, 22, before);
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task What_can_not_be_read_keeps_its_number_without_content_also_when_it_is_mended()
    {
        await using (var engine = Open())
        {
            await engine.CreateAsync(7, null);
            await engine.IssueAsync(7, 1);
            await engine.IssueAsync(7, 2);
        }

        File.Copy(_data.Journal, _data.In("whole.db"));
        DatabaseFile.Execute(_data.Journal, "UPDATE events SET payload = x'00' WHERE ordering = 2");
        IReadOnlyList<string> before;
        await using (var engine = Open())
        {
            before = await NumberedAsync(engine, 3);
            Assert.Contains(EventNumbers.Unreadable, before[1], StringComparison.Ordinal);
            Assert.True(engine.NumberingLog.Has(LogLevel.Critical, "Event 2 of the journal"), engine.NumberingLog.ToString());
        }

        TempDirectory.DeleteDatabase(_data.Journal);
        File.Move(_data.In("whole.db"), _data.Journal);
        await using var mended = Open();
        await NumberedAsync(mended, 3, before);
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task An_event_with_many_lines_can_be_read_from_the_middle()
    {
        await using var engine = Open();
        await engine.Entities.AskAsync(CounterKind.Instance, 1, new Count(1)).AsTask();
        await engine.Entities.AskAsync(CounterKind.Instance, 1, new Count(500)).AsTask();
        await engine.Entities.AskAsync(CounterKind.Instance, 2, new Count(2)).AsTask();
        var all = await NumberedAsync(engine, 503);

        foreach (var (after, limit) in ((int, int)[])[(0, 1), (0, 2), (1, 3), (250, 10), (499, 3), (500, 3), (501, 3), (502, 5), (503, 5), (900, 5)])
        {
            var some = await engine.Numbering.ReadAsync(after, limit, default);
            Assert.Equal(all.Skip(after).Take(limit), some.Select(Text));
        }
    }

    private static IEnumerable<long> Users(int first, int count) => Enumerable.Range(first, count).Select(user => (long)user);

    private static string Text(Notification notification) => $"{notification.N} {notification.Line.Kind} {notification.Line.Text}";

    private EngineInProcess Open() => new(_data, kinds: CounterKind.WithCounters);

    // All of them, dense, of which those that were there before are the same.
    private static async Task<IReadOnlyList<string>> NumberedAsync(EngineInProcess engine, int count, IReadOnlyList<string>? before = null)
    {
        var all = await Eventually.ReadAsync($"{count} have a number", () => ReadAsync(engine), all => all.Count >= count);
        Assert.Equal(Enumerable.Range(1, count).Select(n => (long)n), all.Select(notification => notification.N));
        var texts = all.Select(Text).ToList();
        Assert.Equal(before ?? [], texts.Take(before?.Count ?? 0));
        return texts;
    }

    private static async Task<IReadOnlyList<Notification>> ReadAsync(EngineInProcess engine)
    {
        try
        {
            return await engine.Numbering.ReadAsync(0, 10_000, default);
        }
        catch (ReadModelUnavailableException)
        {
            // It is being made anew, and who asks is told so.
            return [];
        }
    }

    private void Spoil(string what)
    {
        var path = _data.Notifications;
        switch (what)
        {
            case "nothing":
                break;
            case "deleted":
                TempDirectory.DeleteDatabase(path);
                break;
            case "of an older moment":
                TempDirectory.DeleteDatabase(path);
                File.Move(_data.In("older.db"), path);
                break;
            case "no database":
                TempDirectory.DeleteDatabase(path);
                File.WriteAllText(path, new string('x', 10_000));
                break;
            case "a page overwritten":
                DatabaseFile.OverwriteRootPage(path, "numbered_events", 0x5A);
                break;
            case "a number changed":
                DatabaseFile.Execute(path, "UPDATE numbered_events SET lines = 2 WHERE first_n = 3");
                break;
            case "begun beside another journal":
                DatabaseFile.Execute(path, "UPDATE numbering SET journal_id = 'another'");
                break;
            case "ahead of the journal":
                DatabaseFile.Execute(path, "UPDATE numbered_events SET ordering = 1000000 WHERE first_n = (SELECT max(first_n) FROM numbered_events)");
                break;
            case "another version":
                DatabaseFile.Execute(path, "PRAGMA user_version = 99");
                break;
            default:
                throw new ArgumentException(what, nameof(what));
        }
    }
}
