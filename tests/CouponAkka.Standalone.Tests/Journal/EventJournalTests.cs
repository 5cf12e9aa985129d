using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Tests.Journal;

public sealed class EventJournalTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public EventJournalTests() => SQLitePCL.Batteries_V2.Init();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void What_was_appended_is_read_back_by_coupon_and_in_order_and_again_after_reopening()
    {
        CouponEvent[] seven = [Events.Created(), Events.Issued(1, 11, 12), Events.Used(11, 1)];
        CouponEvent[] eight = [Events.Created(total: 5), Events.Issued(1, 11)];
        string id;
        using (var journal = EventJournal.Open(_data.Journal))
        {
            id = journal.Id;
            journal.Append([new JournalWrite(Events.Key(7), 1, seven[..2]), new JournalWrite(Events.Key(8), 1, eight)]);
            journal.Append([new JournalWrite(Events.Key(7), 3, seven[2..])]);
            Check(journal);
        }

        using var reopened = EventJournal.Open(_data.Journal);
        Assert.Equal(id, reopened.Id);
        Check(reopened);

        void Check(EventJournal journal)
        {
            Assert.Equal(5, journal.LastOrdering);
            Assert.Equal(seven, journal.Read(7));
            Assert.Equal(eight, journal.Read(8));
            Assert.Empty(journal.Read(9));
            Assert.Equal(seven[2..], journal.ReadEntity(Events.Key(7), 2).Select(row => row.Decode(CouponKind.Instance)));
            Assert.Equal([3L, 2L, 0L], new long[] { 7, 8, 9 }.Select(couponId => journal.LastSequenceNumber(Events.Key(couponId))));
            using var ordered = journal.ReadInOrder();
            Assert.Equal(new[] { (7L, 1L), (7L, 2L), (8L, 1L), (8L, 2L), (7L, 3L) }, ordered.ReadAfter(0).Select(row => (row.EntityId, row.SequenceNumber)));
            Assert.Equal(new long[] { 4, 5 }, ordered.ReadAfter(3).Select(row => row.Ordering));
        }
    }

    [Fact]
    public void More_events_than_are_read_at_once_are_read_in_order_to_the_end()
    {
        using var journal = EventJournal.Open(_data.Journal);
        journal.Append([.. Enumerable.Range(1, 1_000).Select(couponId => Events.Coupon(couponId))]);

        using var ordered = journal.ReadInOrder();
        var read = new List<long>();
        while (ordered.ReadAfter(read.Count) is { Count: > 0 } rows)
            read.AddRange(rows.Select(row => row.Ordering));

        Assert.Equal(Enumerable.Range(1, 1_000).Select(ordering => (long)ordering), read);
    }

    [Fact]
    public void A_write_that_fails_leaves_nothing_of_itself_and_the_next_one_succeeds()
    {
        using var journal = EventJournal.Open(_data.Journal);
        journal.Append([Events.Coupon(7)]);

        Assert.Throws<SqliteException>(() => journal.Append([Events.Coupon(8), Events.Coupon(7)]));

        Assert.Empty(journal.Read(8));
        Assert.Equal(1, journal.LastOrdering);
        journal.Append([Events.Coupon(8)]);
        Assert.Equal(2, journal.LastOrdering);
        Assert.Equal([Events.Created()], journal.Read(8));
    }

    [Fact]
    [Trait("Promise", "3")]
    public void A_commit_reaches_the_disk_itself_on_macOS_too()
    {
        using var connection = SqliteFile.OpenReadWrite(_data.Journal, "FULL");

        Assert.Equal((2L, 1L), (connection.Scalar<long>("PRAGMA synchronous"), connection.Scalar<long>("PRAGMA fullfsync")));
    }

    [Fact]
    public void A_journal_from_before_there_were_kinds_is_opened_and_no_row_of_it_is_rewritten()
    {
        const string rows = "SELECT ordering, entity_id, sequence_number, manifest, hex(payload), checksum FROM events ORDER BY ordering";
        using (var journal = EventJournal.Open(_data.Journal))
            journal.Append([Events.Coupon(7, Events.Issued(1, 11)), Events.Coupon(8)]);
        var before = DatabaseFile.Rows(_data.Journal, rows);
        DatabaseFile.Execute(_data.Journal, """
            DROP INDEX events_by_entity;
            ALTER TABLE events DROP COLUMN kind;
            ALTER TABLE events RENAME COLUMN entity_id TO coupon_id;
            CREATE UNIQUE INDEX events_by_coupon ON events (coupon_id, sequence_number);
            PRAGMA user_version = 1;
            """);

        using (var journal = EventJournal.Open(_data.Journal))
        {
            Assert.Equal([Events.Created(), Events.Issued(1, 11)], journal.Read(7));
            Assert.Equal([7L, 8L], journal.IdsOf(CouponKind.Instance));
            journal.Append([new JournalWrite(Events.Key(8), 2, [Events.Issued(1, 11)])]);
            Assert.Equal([Events.Created(), Events.Issued(1, 11)], journal.Read(8));
        }

        Assert.Equal(before, DatabaseFile.Rows(_data.Journal, rows).SkipLast(1));
    }

    [Fact]
    public void A_journal_of_a_later_version_is_refused()
    {
        EventJournal.Open(_data.Journal).Dispose();
        DatabaseFile.Execute(_data.Journal, "PRAGMA user_version = 3");

        var refused = Assert.Throws<StartupException>(() => EventJournal.Open(_data.Journal));

        Assert.Contains("later version", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_data.Journal, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(_data.Journal, string.Concat(Enumerable.Repeat("This is a letter to my grandmother. ", 500)));
        var before = File.ReadAllBytes(_data.Journal);

        var refused = Assert.Throws<StartupException>(() => EventJournal.Open(_data.Journal));

        Assert.Contains($"The journal {_data.Journal} is damaged", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_data.Journal));
    }

    [Theory]
    [InlineData((byte)0)]
    [InlineData((byte)0xA5)]
    public void A_journal_whose_first_page_or_root_is_overwritten_is_refused(byte with)
    {
        foreach (var page in new[] { 1, 3 })
        {
            TempDirectory.DeleteDatabase(_data.Journal);
            using (var journal = EventJournal.Open(_data.Journal))
                journal.Append([.. Enumerable.Range(1, 500).Select(couponId => Events.Coupon(couponId))]);
            Assert.Equal(3, DatabaseFile.Scalar<long>(_data.Journal, "SELECT rootpage FROM sqlite_master WHERE name = 'events'"));
            DatabaseFile.OverwritePage(_data.Journal, page, with);

            var refused = Assert.Throws<StartupException>(() => EventJournal.Open(_data.Journal));

            Assert.Contains($"The journal {_data.Journal} is damaged", refused.Message, StringComparison.Ordinal);
        }
    }
}
