using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.ReadModel;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using Microsoft.Extensions.Logging;
using MySqlConnector;

namespace CouponAkka.Sharded.Projection;

/// <summary>
/// Applies events to the read model. Rows, progress and position change in one transaction, which starts from what the read model holds:
/// so each event takes effect exactly once, whoever crashes when. One caller at a time.
/// </summary>
/// <param name="epoch">Whose turn it was when this writer began.</param>
internal sealed partial class ReadModelWriter(CouponDatabase database, long epoch, MySqlProjectionStatus status, ILogger log)
{
    private const int EntitiesAtOnce = 1_000;

    /// <summary>About how many rows a transaction writes at most: beyond that it gets no cheaper, and others wait for its end.</summary>
    private const long RowsPerTransaction = 20_000;

    private readonly Dictionary<EntityKey, string> _parked = [];

    /// <summary>Ends the turn of whoever writes and begins the next: its epoch, and the position from which to read.</summary>
    public static Task<(long Epoch, long Position)> BeginAsync(CouponDatabase database) => database.InTransactionAsync(async connection =>
    {
        var position = await PositionRow.LockAsync(connection);
        await connection.GetTable<PositionRow>().Set(row => row.Epoch, row => row.Epoch + 1).UpdateAsync();
        return (position.Epoch + 1, position.Ordering);
    });

    /// <summary>Applies what is not applied yet of these rows; an entity of which an event can't be is parked.</summary>
    /// <exception cref="NotTheWriterException">Another writer has begun, or the read model is being made anew.</exception>
    public async Task WriteAsync(JournalBatch batch)
    {
        var rows = batch.Rows.Where(row => row.Key.Kind == CouponKind.Instance || row.Key.Kind.HasView)
            .DistinctBy(row => (row.Key, row.SequenceNumber))
            .OrderBy(row => row.Key.Kind.Number).ThenBy(row => row.Key.Id).ThenBy(row => row.SequenceNumber).ToArray();
        foreach (var part in Parts(rows))
            await ApplyAsync(part, part.Offset + part.Count == rows.Length ? batch.Position : null);
        foreach (var some in batch.Ends.Chunk(EntitiesAtOnce))
        {
            foreach (var key in await BehindAsync(some))
                await CatchUpAsync(key);
        }

        TellAhead(batch.Ahead ?? []);
        status.Applied(batch);
    }

    private void TellAhead(IReadOnlyList<EntityAhead> ahead)
    {
        foreach (var entity in ahead.Except(status.Ahead))
            LogAhead(entity.Key, entity.Projected, entity.JournalEnd);
    }

    /// <summary>At least one, of which the last one ends where the rows end.</summary>
    private static IEnumerable<ArraySegment<JournalRow>> Parts(JournalRow[] rows)
    {
        var first = 0;
        var weight = 0L;
        for (var i = 0; i < rows.Length - 1; i++)
        {
            weight += rows[i].Weight;
            if (weight >= RowsPerTransaction)
            {
                yield return new(rows, first, i + 1 - first);
                first = i + 1;
                weight = 0;
            }
        }

        yield return new(rows, first, rows.Length - first);
    }

    // A broken rule of the tables says only that one of many rows breaks it, so the two halves are tried, each by itself.
    private async Task ApplyAsync(ArraySegment<JournalRow> rows, JournalPosition? position, bool again = false)
    {
        try
        {
            var caughtUp = new HashSet<EntityKey>();
            while (await TryApplyAsync(rows, position, again, caughtUp) is { Count: > 0 } behind)
            {
                foreach (var key in behind)
                    await CatchUpAsync(key);
                caughtUp.UnionWith(behind);
            }
        }
        catch (Exception contradiction) when (rows.Count > 1 && IsContradiction(contradiction))
        {
            await ApplyAsync(rows[..(rows.Count / 2)], null, again);
            await ApplyAsync(rows[(rows.Count / 2)..], position, again);
        }
        catch (Exception contradiction) when (rows.Count == 1 && IsContradiction(contradiction))
        {
            await ParkAsync(rows[0].Key, contradiction);
            await ApplyAsync(ArraySegment<JournalRow>.Empty, position);
        }
    }

    /// <summary>Applies all of it in one transaction; or nothing, and returns the entities of which other events come first.</summary>
    /// <param name="again">Whether these are the next events of entities that catch up, parked or not.</param>
    /// <param name="caughtUp">Entities of which no more can be had.</param>
    private async Task<List<EntityKey>> TryApplyAsync(ArraySegment<JournalRow> rows, JournalPosition? position, bool again, HashSet<EntityKey> caughtUp)
    {
        var entities = new List<EntityProjection>();
        var poison = new Dictionary<EntityKey, Exception>();
        var traced = new List<(string Write, long CouponId)>();
        var began = DateTimeOffset.UtcNow;
        var behind = await InTurnAsync(async connection =>
        {
            var behind = new List<EntityKey>();
            var events = rows.ToLookup(row => row.Key);
            entities.AddRange(await LoadAsync(connection, [.. events.Select(ofEntity => ofEntity.Key)]));
            foreach (var entity in entities)
            {
                var next = events[entity.Key].SkipWhile(row => row.SequenceNumber <= entity.Progress.SequenceNumber).ToList();
                if (next.Count == 0)
                    continue;
                var isDense = next[^1].SequenceNumber == entity.Progress.SequenceNumber + next.Count;
                if (entity.Progress.ParkedBecause is null || again)
                {
                    if (isDense)
                        Fold(entity, next, poison, traced);
                    // Of those that catch up, it is one of the rows just tried that is missing, for it parked the entity.
                    else if (!again)
                        behind.Add(entity.Key);
                }
                else if (next[0].SequenceNumber == entity.Progress.SequenceNumber + 1)
                {
                    // It may be parked because this very event could not be seen yet.
                    behind.Add(entity.Key);
                }
            }

            behind.RemoveAll(caughtUp.Contains);
            if (behind.Count == 0)
                await new ReadModelChanges(connection).StoreAsync(entities, position);
            return behind;
        });
        if (behind.Count > 0)
            return behind;
        Tell(entities, poison);
        foreach (var (write, couponId) in traced)
            CouponTraces.Projected(write, couponId, began);
        return behind;
    }

    private static void Fold(EntityProjection entity, List<JournalRow> rows, Dictionary<EntityKey, Exception> poisons, List<(string Write, long CouponId)> traced)
    {
        foreach (var row in rows)
        {
            try
            {
                entity.Apply(row.SequenceNumber, row.Decode(out var write));
                if (write is not null && entity.Key.Kind == CouponKind.Instance)
                    traced.Add((write, entity.Key.Id));
            }
            catch (Exception poison) when (poison is UnreadableMessageException or InvalidEventException)
            {
                entity.Park(poison.Message);
                poisons.Add(entity.Key, poison);
                return;
            }
        }
    }

    /// <summary>Applies an entity's events by its own numbers, up to the last one or to the first that can't be applied.</summary>
    private async Task CatchUpAsync(EntityKey key)
    {
        for (var first = true; ; first = false)
        {
            await using var connection = database.Connect();
            var entity = (await LoadAsync(connection, [key]))[0];
            if (!first && entity.Progress.ParkedBecause is not null)
                return;
            var rows = await OrderingReader.ReadEntityAsync(connection.GetTable<JournalRow>(), key, entity.Progress.SequenceNumber);
            await connection.CloseAsync();
            var dense = rows.TakeWhile((row, i) => row.SequenceNumber == entity.Progress.SequenceNumber + 1 + i).ToArray();
            if (rows.Count == 0)
                return;
            if (dense.Length == 0)
                await ParkAsync(key, new InvalidEventException($"{key}, number {entity.Progress.SequenceNumber + 1} is missing in the journal."));
            else
                await ApplyAsync(dense, null, again: true);
        }
    }

    private async Task ParkAsync(EntityKey key, Exception poison)
    {
        var entities = await InTurnAsync(async connection =>
        {
            var entities = await LoadAsync(connection, [key]);
            entities[0].Park(poison.Message);
            await new ReadModelChanges(connection).StoreAsync(entities, position: null);
            return entities;
        });
        Tell(entities, new() { [key] = poison });
    }

    private void Tell(List<EntityProjection> entities, Dictionary<EntityKey, Exception> poison)
    {
        foreach (var entity in entities)
        {
            if (entity.Progress.ParkedBecause is not { } because)
            {
                _parked.Remove(entity.Key);
                continue;
            }

            // Each try finds it parked again; that is news only once.
            poison.TryGetValue(entity.Key, out var reason);
            if (_parked.GetValueOrDefault(entity.Key) != because)
                LogParked(reason, entity.Key, entity.Progress.SequenceNumber + 1, because);
            _parked[entity.Key] = because;
        }

        status.Park(_parked);
    }

    private async Task<List<EntityKey>> BehindAsync(EntityEnd[] ends)
    {
        await using var connection = database.Connect();
        var last = ends.ToDictionary(end => end.Key, end => end.SequenceNumber);
        return [.. from entity in await LoadAsync(connection, [.. last.Keys]) where entity.Progress.SequenceNumber < last[entity.Key] select entity.Key];
    }

    private Task<T> InTurnAsync<T>(Func<DataConnection, Task<T>> work) => database.InTransactionAsync(async connection =>
    {
        var position = await PositionRow.LockAsync(connection);
        return position.Epoch == epoch ? await work(connection) : throw new NotTheWriterException(epoch, position.Epoch);
    });

    private static async Task<List<EntityProjection>> LoadAsync(DataConnection connection, List<EntityKey> keys)
    {
        var loaded = new List<EntityProjection>(keys.Count);
        foreach (var ofKind in keys.GroupBy(key => key.Kind, key => key.Id))
            loaded.AddRange(ofKind.Key == CouponKind.Instance ? await LoadCouponsAsync(connection, [.. ofKind]) : await LoadViewsAsync(connection, ofKind.Key, [.. ofKind]));
        return loaded;
    }

    private static async Task<IEnumerable<EntityProjection>> LoadCouponsAsync(DataConnection connection, List<long> couponIds)
    {
        var stored = await (
            from progress in connection.GetTable<ProgressRow>()
            where couponIds.Contains(progress.CouponId)
            from coupon in connection.GetTable<CouponRow>().LeftJoin(coupon => coupon.Id == progress.CouponId)
            select new { progress, coupon }).ToDictionaryAsync(row => row.progress.CouponId);
        return couponIds.Select(couponId => stored.GetValueOrDefault(couponId) is { } row
            ? new CouponProjection(couponId, row.coupon?.ToView(), new(row.progress.SequenceNumber, row.progress.ParkedBecause))
            : new CouponProjection(couponId, null, default));
    }

    private static async Task<IEnumerable<EntityProjection>> LoadViewsAsync(DataConnection connection, EntityKind kind, List<long> ids)
    {
        var stored = await connection.GetTable<ViewRow>().Where(row => row.Kind == kind.Name && ids.Contains(row.EntityId)).ToDictionaryAsync(row => row.EntityId);
        return ids.Select(id => stored.GetValueOrDefault(id) is { } row
            ? new ViewProjection(new EntityKey(kind, id), row.View, new(row.SequenceNumber, row.ParkedBecause))
            : new ViewProjection(new EntityKey(kind, id), null, default));
    }

    // What the event holds is at fault. SQLSTATE 22 is data that does not fit, 23 a key that is taken; MySQL gives some of the former the general one.
    private static bool IsContradiction(Exception failure) =>
        failure is InvalidEventException
        || (failure is MySqlException { SqlState: var state, ErrorCode: var code }
            && (state?.StartsWith("22", StringComparison.Ordinal) == true
                || state?.StartsWith("23", StringComparison.Ordinal) == true
                || code == MySqlErrorCode.TruncatedWrongValueForField));

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The read model follows {Entity} no further: event {SequenceNumber} can't be applied. Others go on. {Because}")]
    private partial void LogParked(Exception? poison, EntityKey entity, long sequenceNumber, string because);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The read model of {Entity} has seen event {Projected}, and its journal ends with event {JournalEnd}: it has lost its end, or is another one. The read model keeps what it has. What to do: docs/operations.md, \"A coupon that does not start\".")]
    private partial void LogAhead(EntityKey entity, long projected, long journalEnd);
}

/// <summary>The read model has another writer now, or is being made anew. Nothing of the transaction was written.</summary>
internal sealed class NotTheWriterException(long epoch, long current)
    : Exception($"The read model is in epoch {current}, and this writer began epoch {epoch}: another one has begun, or the read model is made anew.");
