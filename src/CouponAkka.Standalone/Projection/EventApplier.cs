using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Applies events to the read model, many of a coupon's at once, and knows how far each coupon is. An event that was seen already is skipped;
/// one that skips a number makes the missing ones be read first; one that can't be applied parks its coupon and no other. It works inside
/// transactions: when one is rolled back, this is of no use any more.
/// </summary>
internal sealed partial class EventApplier(EventJournal journal, ReadModelWriter readModel, ILogger log)
{
    // Of a coupon's events, so that what they change fits memory: some 20,000 issues.
    private const int BytesAtOnce = 128 * 1024;

    private readonly Dictionary<long, CouponProgress> _progress = readModel.Progress().ToDictionary(coupon => coupon.CouponId, coupon => coupon.Progress);
    private List<(string Write, long CouponId)> _traced = [];

    /// <summary>The coupons that are not projected any further, and why.</summary>
    public IReadOnlyDictionary<long, string> Parked =>
        _progress.Where(coupon => coupon.Value.ParkedBecause is not null).ToDictionary(coupon => coupon.Key, coupon => coupon.Value.ParkedBecause!);

    /// <summary>Applies what is new of these: events of one coupon, as the journal's order has them.</summary>
    public void Apply(long couponId, IEnumerable<JournalRow> rows)
    {
        if (IsParked(couponId))
            return;
        var applied = ProgressOf(couponId).SequenceNumber;
        var next = rows.SkipWhile(row => row.SequenceNumber <= applied).ToList();
        if (next.Select((row, i) => row.SequenceNumber - i).All(number => number == applied + 1))
            ApplyInOrder(couponId, next);
        else
            CatchUp(couponId, upTo: next.Max(row => row.SequenceNumber));
    }

    /// <summary>Applies what the journal's index of coupons says, up to this number or to the end.</summary>
    public void CatchUp(long couponId, long? upTo = null)
    {
        while (!IsParked(couponId))
        {
            var rows = ReadAfter(couponId, upTo ?? long.MaxValue, out var damage);
            ApplyInOrder(couponId, rows);
            if (damage is not null && !IsParked(couponId))
                Park(couponId, damage);
            if (rows.Count == 0)
                break;
        }

        if (ProgressOf(couponId).SequenceNumber < upTo && !IsParked(couponId))
            Park(couponId, DamagedJournalException.Missing(KeyOf(couponId), ProgressOf(couponId).SequenceNumber + 1));
    }

    /// <summary>Applies what a parked coupon lacks: what parked it may have been mended since, in the program or in the journal.</summary>
    public void Retry(long couponId)
    {
        SetProgress(couponId, ProgressOf(couponId) with { ParkedBecause = null });
        CatchUp(couponId);
    }

    /// <summary>The writes that are traced, of the events applied since this was last asked.</summary>
    public List<(string Write, long CouponId)> TakeTraced()
    {
        var traced = _traced;
        _traced = [];
        return traced;
    }

    private static EntityKey KeyOf(long couponId) => new(CouponKind.Instance, couponId);

    private CouponProgress ProgressOf(long couponId) => _progress.GetValueOrDefault(couponId);

    private bool IsParked(long couponId) => ProgressOf(couponId).ParkedBecause is not null;

    private List<JournalRow> ReadAfter(long couponId, long upTo, out Exception? damage)
    {
        var rows = new List<JournalRow>();
        var bytes = 0;
        damage = null;
        try
        {
            foreach (var row in journal.ReadEntity(KeyOf(couponId), ProgressOf(couponId).SequenceNumber).TakeWhile(row => row.SequenceNumber <= upTo))
            {
                rows.Add(row);
                bytes += row.Payload.Length;
                if (bytes >= BytesAtOnce)
                    break;
            }
        }
        catch (Exception failure) when (failure is DamagedJournalException or SqliteException { SqliteErrorCode: SqliteFile.Corrupt })
        {
            damage = failure;
        }

        return rows;
    }

    private void ApplyInOrder(long couponId, List<JournalRow> rows)
    {
        for (int first = 0, next; first < rows.Count; first = next)
        {
            next = first;
            for (var bytes = 0; next < rows.Count && bytes < BytesAtOnce; next++)
                bytes += rows[next].Payload.Length;
            Store(couponId, rows[first..next]);
        }
    }

    // The tables say only that one of many events contradicts them, so each is tried by itself.
    private void Store(long couponId, List<JournalRow> rows)
    {
        try
        {
            TryStore(couponId, rows);
        }
        catch (InvalidEventException) when (rows.Count > 1)
        {
            foreach (var row in rows)
                Store(couponId, [row]);
        }
        catch (InvalidEventException contradiction)
        {
            Park(couponId, contradiction);
        }
    }

    private void TryStore(long couponId, List<JournalRow> rows)
    {
        if (IsParked(couponId))
            return;
        var coupon = new CouponProjection(couponId, readModel.Find(couponId), ProgressOf(couponId));
        var traced = new List<(string, long)>();
        var poison = Fold(coupon, rows, traced);
        readModel.Store(coupon);
        _progress[couponId] = coupon.Progress;
        _traced.AddRange(traced);
        if (poison is not null)
            LogParked(poison, couponId, coupon.Progress.SequenceNumber + 1, poison.Message);
    }

    /// <summary>Applies the events up to the first that can't be, which parks the coupon, and is returned as the reason.</summary>
    private static Exception? Fold(CouponProjection coupon, List<JournalRow> rows, List<(string Write, long CouponId)> traced)
    {
        foreach (var row in rows)
        {
            try
            {
                coupon.Apply(row.SequenceNumber, (CouponEvent)row.Decode(CouponKind.Instance, out var write));
                if (write is not null)
                    traced.Add((write, coupon.CouponId));
            }
            catch (Exception poison) when (poison is DamagedJournalException or UnreadableMessageException or InvalidEventException)
            {
                coupon.Park(poison.Message);
                return poison;
            }
        }

        return null;
    }

    private void Park(long couponId, Exception poison)
    {
        var progress = ProgressOf(couponId);
        SetProgress(couponId, progress with { ParkedBecause = poison.Message });
        LogParked(poison, couponId, progress.SequenceNumber + 1, poison.Message);
    }

    private void SetProgress(long couponId, CouponProgress progress)
    {
        _progress[couponId] = progress;
        readModel.SetProgress(couponId, progress);
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Coupon {CouponId} is no longer projected: event {SequenceNumber} can't be applied. Other coupons go on. {Because}")]
    private partial void LogParked(Exception poison, long couponId, long sequenceNumber, string because);
}
