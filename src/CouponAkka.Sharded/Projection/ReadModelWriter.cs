using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Engine.Coupons;
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
    private const int CouponsAtOnce = 1_000;

    /// <summary>About how many rows a transaction writes at most: beyond that it gets no cheaper, and others wait for its end.</summary>
    private const long RowsPerTransaction = 20_000;

    private readonly Dictionary<long, string> _parked = [];

    /// <summary>Ends the turn of whoever writes and begins the next: its epoch, and the position from which to read.</summary>
    public static Task<(long Epoch, long Position)> BeginAsync(CouponDatabase database) => database.InTransactionAsync(async connection =>
    {
        var position = await PositionRow.LockAsync(connection);
        await connection.GetTable<PositionRow>().Set(row => row.Epoch, row => row.Epoch + 1).UpdateAsync();
        return (position.Epoch + 1, position.Ordering);
    });

    /// <summary>Applies what is not applied yet of these rows; a coupon of which an event can't be is parked.</summary>
    /// <exception cref="NotTheWriterException">Another writer has begun, or the read model is being made anew.</exception>
    public async Task WriteAsync(JournalBatch batch)
    {
        // Nothing else has a read model yet.
        var rows = batch.Rows.Where(row => row.Key.Kind == CouponKind.Instance)
            .DistinctBy(row => (row.CouponId, row.SequenceNumber))
            .OrderBy(row => row.CouponId).ThenBy(row => row.SequenceNumber).ToArray();
        foreach (var part in Parts(rows))
            await ApplyAsync(part, part.Offset + part.Count == rows.Length ? batch.Position : null);
        foreach (var some in batch.Ends.Chunk(CouponsAtOnce))
        {
            foreach (var couponId in await BehindAsync(some))
                await CatchUpAsync(couponId);
        }

        TellAhead(batch.Ahead ?? []);
        status.Applied(batch);
    }

    private void TellAhead(IReadOnlyList<CouponAhead> ahead)
    {
        foreach (var coupon in ahead.Except(status.Ahead))
            LogAhead(coupon.CouponId, coupon.Projected, coupon.JournalEnd);
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
            var caughtUp = new HashSet<long>();
            while (await TryApplyAsync(rows, position, again, caughtUp) is { Count: > 0 } behind)
            {
                foreach (var couponId in behind)
                    await CatchUpAsync(couponId);
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
            await ParkAsync(rows[0].CouponId, contradiction);
            await ApplyAsync(ArraySegment<JournalRow>.Empty, position);
        }
    }

    /// <summary>Applies all of it in one transaction; or nothing, and returns the coupons of which other events come first.</summary>
    /// <param name="again">Whether these are the next events of coupons that catch up, parked or not.</param>
    /// <param name="caughtUp">Coupons of which no more can be had.</param>
    private async Task<List<long>> TryApplyAsync(ArraySegment<JournalRow> rows, JournalPosition? position, bool again, HashSet<long> caughtUp)
    {
        var coupons = new List<CouponProjection>();
        var poison = new Dictionary<long, Exception>();
        var traced = new List<(string Write, long CouponId)>();
        var began = DateTimeOffset.UtcNow;
        var behind = await InTurnAsync(async connection =>
        {
            var behind = new List<long>();
            var events = rows.ToLookup(row => row.CouponId);
            coupons.AddRange(await LoadAsync(connection, [.. events.Select(ofCoupon => ofCoupon.Key)]));
            foreach (var coupon in coupons)
            {
                var next = events[coupon.CouponId].SkipWhile(row => row.SequenceNumber <= coupon.Progress.SequenceNumber).ToList();
                if (next.Count == 0)
                    continue;
                var isDense = next[^1].SequenceNumber == coupon.Progress.SequenceNumber + next.Count;
                if (coupon.Progress.ParkedBecause is null || again)
                {
                    if (isDense)
                        Fold(coupon, next, poison, traced);
                    // Of those that catch up, it is one of the rows just tried that is missing, for it parked the coupon.
                    else if (!again)
                        behind.Add(coupon.CouponId);
                }
                else if (next[0].SequenceNumber == coupon.Progress.SequenceNumber + 1)
                {
                    // It may be parked because this very event could not be seen yet.
                    behind.Add(coupon.CouponId);
                }
            }

            behind.RemoveAll(caughtUp.Contains);
            if (behind.Count == 0)
                await new ReadModelChanges(connection).StoreAsync(coupons, position);
            return behind;
        });
        if (behind.Count > 0)
            return behind;
        Tell(coupons, poison);
        foreach (var (write, couponId) in traced)
            CouponTraces.Projected(write, couponId, began);
        return behind;
    }

    private static void Fold(CouponProjection coupon, List<JournalRow> rows, Dictionary<long, Exception> poisons, List<(string Write, long CouponId)> traced)
    {
        foreach (var row in rows)
        {
            try
            {
                coupon.Apply(row.SequenceNumber, (CouponEvent?)row.Decode(out var write));
                if (write is not null)
                    traced.Add((write, coupon.CouponId));
            }
            catch (Exception poison) when (poison is UnreadableMessageException or InvalidEventException)
            {
                coupon.Park(poison.Message);
                poisons.Add(coupon.CouponId, poison);
                return;
            }
        }
    }

    /// <summary>Applies a coupon's events by its own numbers, up to the last one or to the first that can't be applied.</summary>
    private async Task CatchUpAsync(long couponId)
    {
        for (var first = true; ; first = false)
        {
            await using var connection = database.Connect();
            var progress = await connection.GetTable<ProgressRow>().FirstOrDefaultAsync(row => row.CouponId == couponId) ?? new ProgressRow();
            if (!first && progress.ParkedBecause is not null)
                return;
            var rows = await JournalReader.ReadCouponAsync(connection, couponId, progress.SequenceNumber);
            await connection.CloseAsync();
            var dense = rows.TakeWhile((row, i) => row.SequenceNumber == progress.SequenceNumber + 1 + i).ToArray();
            if (rows.Count == 0)
                return;
            if (dense.Length == 0)
                await ParkAsync(couponId, new InvalidEventException($"Coupon {couponId}, number {progress.SequenceNumber + 1} is missing in the journal."));
            else
                await ApplyAsync(dense, null, again: true);
        }
    }

    private async Task ParkAsync(long couponId, Exception poison)
    {
        var coupons = await InTurnAsync(async connection =>
        {
            var coupons = await LoadAsync(connection, [couponId]);
            coupons[0].Park(poison.Message);
            await new ReadModelChanges(connection).StoreAsync(coupons, position: null);
            return coupons;
        });
        Tell(coupons, new() { [couponId] = poison });
    }

    private void Tell(List<CouponProjection> coupons, Dictionary<long, Exception> poison)
    {
        foreach (var (couponId, progress) in coupons.Select(coupon => (coupon.CouponId, coupon.Progress)))
        {
            if (progress.ParkedBecause is not { } because)
            {
                _parked.Remove(couponId);
                continue;
            }

            // Each try finds it parked again; that is news only once.
            poison.TryGetValue(couponId, out var reason);
            if (_parked.GetValueOrDefault(couponId) != because)
                LogParked(reason, couponId, progress.SequenceNumber + 1, because);
            _parked[couponId] = because;
        }

        status.Parked = new Dictionary<long, string>(_parked);
    }

    private async Task<List<long>> BehindAsync(CouponEnd[] ends)
    {
        await using var connection = database.Connect();
        var ids = ends.Select(end => end.CouponId).ToList();
        var progress = await connection.GetTable<ProgressRow>()
            .Where(row => ids.Contains(row.CouponId))
            .ToDictionaryAsync(row => row.CouponId, row => row.SequenceNumber);
        return [.. ends.Where(end => progress.GetValueOrDefault(end.CouponId) < end.SequenceNumber).Select(end => end.CouponId)];
    }

    private Task<T> InTurnAsync<T>(Func<DataConnection, Task<T>> work) => database.InTransactionAsync(async connection =>
    {
        var position = await PositionRow.LockAsync(connection);
        return position.Epoch == epoch ? await work(connection) : throw new NotTheWriterException(epoch, position.Epoch);
    });

    private static async Task<List<CouponProjection>> LoadAsync(DataConnection connection, List<long> couponIds)
    {
        var stored = await (
            from progress in connection.GetTable<ProgressRow>()
            where couponIds.Contains(progress.CouponId)
            from coupon in connection.GetTable<CouponRow>().LeftJoin(coupon => coupon.Id == progress.CouponId)
            select new { progress, coupon }).ToDictionaryAsync(row => row.progress.CouponId);
        return couponIds.ConvertAll(couponId => stored.GetValueOrDefault(couponId) is { } row
            ? new CouponProjection(couponId, row.coupon?.ToView(), new(row.progress.SequenceNumber, row.progress.ParkedBecause))
            : new CouponProjection(couponId, null, default));
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
        Message = "Coupon {CouponId} is no longer projected: event {SequenceNumber} can't be applied. Other coupons go on. {Because}")]
    private partial void LogParked(Exception? poison, long couponId, long sequenceNumber, string because);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The read model of coupon {CouponId} has seen event {Projected}, and its journal ends with event {JournalEnd}: it has lost its end, or is another one. The read model keeps what it has. What to do: docs/operations.md, \"A coupon that does not start\".")]
    private partial void LogAhead(long couponId, long projected, long journalEnd);
}

/// <summary>The read model has another writer now, or is being made anew. Nothing of the transaction was written.</summary>
internal sealed class NotTheWriterException(long epoch, long current)
    : Exception($"The read model is in epoch {current}, and this writer began epoch {epoch}: another one has begun, or the read model is made anew.");
