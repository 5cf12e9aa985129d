using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Applies events to the read model, many of an entity's at once, and knows how far each entity is. An event that was seen already is skipped;
/// one that skips a number makes the missing ones be read first; one that can't be applied parks its entity and no other. It works inside
/// transactions: when one is rolled back, this is of no use any more.
/// </summary>
internal sealed partial class EventApplier
{
    // Of an entity's events, so that what they change fits memory: some 20,000 issues.
    private const int BytesAtOnce = 128 * 1024;

    private readonly EventJournal _journal;
    private readonly ReadModelWriter _readModel;
    private readonly ILogger _log;
    // Of coupons alone, which are few and change all the time. Others say it in their own rows.
    private readonly Dictionary<long, EntityProgress> _coupons;
    private readonly Dictionary<EntityKey, string> _parked = [];
    private List<(string Write, EntityKey Key)> _traced = [];

    public EventApplier(EventJournal journal, ReadModelWriter readModel, EntityKinds kinds, ILogger log)
    {
        (_journal, _readModel, _log) = (journal, readModel, log);
        _coupons = readModel.Progress().ToDictionary(coupon => coupon.CouponId, coupon => coupon.Progress);
        foreach (var (couponId, progress) in _coupons.ToList())
            Remember(new EntityKey(CouponKind.Instance, couponId), progress);
        foreach (var (number, id, because) in readModel.ParkedViews())
        {
            // What this program does not show any more another one did.
            if (kinds.Numbered(number) is { } kind && Shows(kind))
                _parked[new EntityKey(kind, id)] = because;
        }
    }

    /// <summary>The entities that are not projected any further, and why.</summary>
    public IReadOnlyDictionary<EntityKey, string> Parked => new Dictionary<EntityKey, string>(_parked);

    /// <summary>Whether the read model shows entities of the kind.</summary>
    public static bool Shows(EntityKind kind) => kind == CouponKind.Instance || kind.HasView;

    /// <summary>Applies what is new of these: events of one entity, as the journal's order has them.</summary>
    public void Apply(EntityKey key, IEnumerable<JournalRow> rows)
    {
        if (IsParked(key))
            return;
        var applied = ProgressOf(key).SequenceNumber;
        var next = rows.SkipWhile(row => row.SequenceNumber <= applied).ToList();
        if (next.Select((row, i) => row.SequenceNumber - i).All(number => number == applied + 1))
            ApplyInOrder(key, next);
        else
            CatchUp(key, upTo: next.Max(row => row.SequenceNumber));
    }

    /// <summary>Applies what the journal's index of entities says, up to this number or to the end.</summary>
    public void CatchUp(EntityKey key, long? upTo = null)
    {
        while (!IsParked(key))
        {
            var rows = ReadAfter(key, upTo ?? long.MaxValue, out var damage);
            ApplyInOrder(key, rows);
            if (damage is not null && !IsParked(key))
                Park(key, damage);
            if (rows.Count == 0)
                break;
        }

        if (ProgressOf(key).SequenceNumber < upTo && !IsParked(key))
            Park(key, DamagedJournalException.Missing(key, ProgressOf(key).SequenceNumber + 1));
    }

    /// <summary>Applies what a parked entity lacks: what parked it may have been mended since, in the program or in the journal.</summary>
    public void Retry(EntityKey key)
    {
        if (key.Kind == CouponKind.Instance)
        {
            SetProgress(key, ProgressOf(key) with { ParkedBecause = null });
        }
        else
        {
            // It may be what was stored that is damaged; and a line takes the place of the one before.
            _readModel.ForgetView(key);
            _parked.Remove(key);
        }

        CatchUp(key);
    }

    /// <summary>The writes that are traced, of the events applied since this was last asked.</summary>
    public List<(string Write, EntityKey Key)> TakeTraced()
    {
        var traced = _traced;
        _traced = [];
        return traced;
    }

    private EntityProgress ProgressOf(EntityKey key) =>
        key.Kind == CouponKind.Instance ? _coupons.GetValueOrDefault(key.Id) : _readModel.FindView(key).Progress;

    private bool IsParked(EntityKey key) => _parked.ContainsKey(key);

    private List<JournalRow> ReadAfter(EntityKey key, long upTo, out Exception? damage)
    {
        var rows = new List<JournalRow>();
        var bytes = 0;
        damage = null;
        try
        {
            foreach (var row in _journal.ReadEntity(key, ProgressOf(key).SequenceNumber).TakeWhile(row => row.SequenceNumber <= upTo))
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

    private void ApplyInOrder(EntityKey key, List<JournalRow> rows)
    {
        for (int first = 0, next; first < rows.Count; first = next)
        {
            next = first;
            for (var bytes = 0; next < rows.Count && bytes < BytesAtOnce; next++)
                bytes += rows[next].Payload.Length;
            Store(key, rows[first..next]);
        }
    }

    // The tables say only that one of many events contradicts them, so each is tried by itself.
    private void Store(EntityKey key, List<JournalRow> rows)
    {
        try
        {
            TryStore(key, rows);
        }
        catch (InvalidEventException) when (rows.Count > 1)
        {
            foreach (var row in rows)
                Store(key, [row]);
        }
        catch (InvalidEventException contradiction)
        {
            Park(key, contradiction);
        }
    }

    private void TryStore(EntityKey key, List<JournalRow> rows)
    {
        if (IsParked(key))
            return;
        var entity = Load(key);
        var traced = new List<(string, EntityKey)>();
        var poison = Fold(entity, rows, traced);
        _readModel.Store(entity);
        Remember(key, entity.Progress);
        _traced.AddRange(traced);
        if (poison is not null)
            LogParked(poison, key, entity.Progress.SequenceNumber + 1, poison.Message);
    }

    private EntityProjection Load(EntityKey key)
    {
        if (key.Kind == CouponKind.Instance)
            return new CouponProjection(key.Id, _readModel.Find(key.Id), ProgressOf(key));
        var (progress, view) = _readModel.FindView(key);
        return new ViewProjection(key, view, progress);
    }

    /// <summary>Applies the events up to the first that can't be, which parks the entity, and is returned as the reason.</summary>
    private static Exception? Fold(EntityProjection entity, List<JournalRow> rows, List<(string Write, EntityKey Key)> traced)
    {
        foreach (var row in rows)
        {
            try
            {
                entity.Apply(row.SequenceNumber, row.Decode(entity.Key.Kind, out var write));
                if (write is not null)
                    traced.Add((write, entity.Key));
            }
            catch (Exception poison) when (poison is DamagedJournalException or UnreadableMessageException or InvalidEventException)
            {
                entity.Park(poison.Message);
                return poison;
            }
        }

        return null;
    }

    private void Park(EntityKey key, Exception poison)
    {
        var progress = ProgressOf(key);
        SetProgress(key, progress with { ParkedBecause = poison.Message });
        LogParked(poison, key, progress.SequenceNumber + 1, poison.Message);
    }

    private void SetProgress(EntityKey key, EntityProgress progress)
    {
        Remember(key, progress);
        _readModel.SetProgress(key, progress);
    }

    private void Remember(EntityKey key, EntityProgress progress)
    {
        if (key.Kind == CouponKind.Instance)
            _coupons[key.Id] = progress;
        if (progress.ParkedBecause is { } because)
            _parked[key] = because;
        else
            _parked.Remove(key);
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "{Entity} is no longer projected: event {SequenceNumber} can't be applied. Others go on. {Because}")]
    private partial void LogParked(Exception poison, EntityKey entity, long sequenceNumber, string because);
}
