using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Journal;

public sealed class DamagedJournalTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public DamagedJournalTests() => SQLitePCL.Batteries_V2.Init();

    public void Dispose() => _data.Dispose();

    public static TheoryData<string, string> Damages => new()
    {
        // One letter more or less is the smallest change that the file's own format lets through.
        { "UPDATE events SET payload = CAST(substr(payload, 1, 2) || x'55' || substr(payload, 4) AS BLOB) WHERE entity_id = 7 AND sequence_number = 2", "damaged" },
        { "UPDATE events SET manifest = 'cu' WHERE entity_id = 7 AND sequence_number = 2", "damaged" },
        { "UPDATE events SET payload = x'' WHERE entity_id = 7 AND sequence_number = 2", "damaged" },
        { "UPDATE events SET payload = 'text' WHERE entity_id = 7 AND sequence_number = 2", "damaged" },
        { "UPDATE events SET payload = 5, manifest = 5, checksum = 'text' WHERE entity_id = 7 AND sequence_number = 2", "damaged" },
        { "UPDATE events SET checksum = checksum + 1 WHERE entity_id = 7 AND sequence_number = 2", "damaged" },
        { "DELETE FROM events WHERE entity_id = 7 AND sequence_number = 2", "missing" },
        { "UPDATE events SET entity_id = 9 WHERE entity_id = 7 AND sequence_number = 2", "missing" },
        { "UPDATE events SET kind = 9 WHERE entity_id = 7 AND sequence_number = 2", "missing" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_event_is_an_error_that_names_coupon_and_number_and_other_coupons_are_read(string damage, string whatItIs)
    {
        using (var journal = EventJournal.Open(_data.Journal))
            journal.Append([Events.Coupon(7, Events.Issued(1, 11), Events.Issued(2, 12)), Events.Coupon(8, Events.Issued(1, 11))]);
        DatabaseFile.Execute(_data.Journal, damage);

        using var reopened = EventJournal.Open(_data.Journal);
        var error = Assert.Throws<DamagedJournalException>(() => reopened.Read(7));

        Assert.Contains("Event 2 of coupon 7 is " + whatItIs, error.Message, StringComparison.Ordinal);
        Assert.Equal([Events.Created(), Events.Issued(1, 11)], reopened.Read(8));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    [Trait("Promise", "10")]
    public async Task A_coupon_with_a_damaged_event_is_unavailable_and_the_log_says_why_and_others_issue(string damage, string whatItIs)
    {
        await using (var engine = new EngineInProcess(_data))
        {
            await engine.CreateAsync(7, 10);
            await engine.CreateAsync(8, 10);
            await engine.IssueAsync(7, 11);
            await engine.IssueAsync(7, 12);
        }

        DatabaseFile.Execute(_data.Journal, damage);

        await using var restarted = new EngineInProcess(_data);
        for (var i = 0; i < 2; i++)
            Assert.Equal(CouponReply.Unavailable, await restarted.AskAsync(7, new IssueCoupon(13)));
        Assert.True(restarted.EngineLog.Has(LogLevel.Error, "coupon 7", "Event 2 of coupon 7 is " + whatItIs), restarted.EngineLog.ToString());
        Assert.Equal(1, (await restarted.IssueAsync(8, 13)).Ticket);
    }

    [Fact]
    public void An_event_that_this_program_does_not_know_is_an_error_that_names_coupon_and_number()
    {
        byte[] payload = [1, 2, 3];
        using (var journal = EventJournal.Open(_data.Journal))
            journal.Append([Events.Coupon(7)]);
        DatabaseFile.Execute(_data.Journal, $"INSERT INTO events VALUES (2, 7, 2, 'zz', x'010203', {JournalRow.ChecksumOf(Events.Key(7), 2, "zz", payload)}, 1)");

        using var reopened = EventJournal.Open(_data.Journal);
        var error = Assert.Throws<UnreadableMessageException>(() => reopened.Read(7));

        Assert.Contains("Coupon 7, number 2, manifest 'zz'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_checksum_tells_apart_coupon_number_manifest_and_payload()
    {
        byte[] payload = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        var checksums = new List<long>
        {
            JournalRow.ChecksumOf(Events.Key(7), 2, "ci", payload),
            JournalRow.ChecksumOf(Events.Key(8), 2, "ci", payload),
            JournalRow.ChecksumOf(Events.Key(7), 3, "ci", payload),
            JournalRow.ChecksumOf(Events.Key(2), 7, "ci", payload),
            JournalRow.ChecksumOf(Events.Key(7), 2, "cu", payload),
            JournalRow.ChecksumOf(Events.Key(7), 2, "ic", payload),
        };
        for (var bit = 0; bit < payload.Length * 8; bit++)
        {
            var flipped = payload.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            checksums.Add(JournalRow.ChecksumOf(Events.Key(7), 2, "ci", flipped));
        }

        Assert.Equal(checksums.Count, checksums.Distinct().Count());
    }

    [Fact]
    public void The_checksum_is_CRC_32C_as_everyone_computes_it() =>
        // The check value of CRC-32C's definition, before the final complement that ours leaves out.
        Assert.Equal(0xE3069283, ~Crc32C.Append(uint.MaxValue, "123456789"u8));

    [Fact]
    public void A_byte_flipped_anywhere_in_the_file_is_an_error_or_harmless_but_never_another_event()
    {
        using (var journal = EventJournal.Open(_data.Journal))
        {
            for (var ticket = 1; ticket <= 60; ticket++)
            {
                journal.Append([.. Enumerable.Range(1, 4).Select(couponId => ticket == 1
                    ? Events.Coupon(couponId, Events.Issued(1, 1_000))
                    : new JournalWrite(Events.Key(couponId), ticket + 1, [Events.Issued(ticket, 1_000 + ticket)]))]);
            }
        }

        List<Event> truth;
        using (var journal = EventJournal.Open(_data.Journal))
            truth = journal.Read(1);
        var whole = File.ReadAllBytes(_data.Journal);
        var errors = 0;
        var random = new Random(1);
        for (var i = 0; i < 400; i++)
        {
            TempDirectory.DeleteDatabase(_data.Journal);
            File.WriteAllBytes(_data.Journal, whole);
            DatabaseFile.FlipByte(_data.Journal, random.Next(whole.Length));
            try
            {
                using var journal = EventJournal.Open(_data.Journal);
                for (var couponId = 1; couponId <= 4; couponId++)
                {
                    var read = journal.Read(couponId);
                    // An index has no checksum: what it no longer leads to at the end is not seen.
                    Assert.Equal(truth.Take(read.Count), read);
                }
            }
            catch (Exception damage) when (damage is StartupException or DamagedJournalException or SqliteException)
            {
                errors++;
            }
        }

        Assert.InRange(errors, 100, 400);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_page_that_is_overwritten_stops_only_the_coupons_that_have_events_on_it()
    {
        const int coupons = 200;
        await using (var engine = new EngineInProcess(_data))
        {
            for (var couponId = 1; couponId <= coupons; couponId++)
                await engine.CreateAsync(couponId, 10);
        }

        DatabaseFile.Execute(_data.Journal, "PRAGMA wal_checkpoint(TRUNCATE)");
        // Among the leaves of the table there is none that the first and the last coupon share.
        DatabaseFile.OverwritePage(_data.Journal, LeafOf(coupons / 2), 0);

        await using var restarted = new EngineInProcess(_data);
        var answers = await Task.WhenAll(Enumerable.Range(1, coupons).Select(couponId => restarted.AskAsync(couponId, new IssueCoupon(1))));
        var stopped = answers.Count(answer => answer == CouponReply.Unavailable);
        Assert.InRange(stopped, 1, coupons / 2);
        Assert.Equal(coupons - stopped, answers.Count(answer => answer is Issued { Issue.Ticket: 1 }));
        Assert.Equal(CouponReply.Unavailable, answers[(coupons / 2) - 1]);
        Assert.True(restarted.EngineLog.Has(LogLevel.Error, $"can't recover coupon {coupons / 2}"), restarted.EngineLog.ToString());

        // And the projection goes round it.
        await restarted.ProjectedAsync();
        Assert.Equal(coupons - stopped, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues"));
        Assert.Equal(stopped, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM projection_progress WHERE parked_because IS NOT NULL"));
        await Eventually.HoldsAsync(() => restarted.Projection.Status.Trouble is not null);
    }

    /// <summary>The page that holds the first event of a coupon: the one in whose bytes the row's payload stands.</summary>
    private long LeafOf(long couponId)
    {
        var pageSize = (int)DatabaseFile.Scalar<long>(_data.Journal, "PRAGMA page_size");
        // No other has it: the moment of its creation is in it.
        var payload = DatabaseFile.Scalar<byte[]>(_data.Journal, $"SELECT payload FROM events WHERE entity_id = {couponId}");
        var place = File.ReadAllBytes(_data.Journal).AsSpan().IndexOf(payload);
        Assert.NotEqual(-1, place);
        return (place / pageSize) + 1;
    }
}
