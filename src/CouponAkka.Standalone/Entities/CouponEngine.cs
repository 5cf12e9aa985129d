using System.Collections.Concurrent;
using System.Diagnostics;
using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Entities;

/// <summary>Every coupon of this process: wakes one when it is asked, lets it go when it is idle.</summary>
internal sealed partial class CouponEngine : ICoupons, IAsyncDisposable
{
    private static readonly TimeSpan IdleBeforeRetired = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<long, Lazy<Task<LiveCoupon>>> _awake = new();
    private readonly EventJournal _journal;
    private readonly SnapshotStore _snapshots;
    private readonly JournalWriter _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger<CouponEngine> _log;
    private readonly ITimer _sweep;

    public CouponEngine(
        EventJournal journal, SnapshotStore snapshots, JournalWriter writer, TimeProvider clock, ILogger<CouponEngine> log)
    {
        _journal = journal;
        _snapshots = snapshots;
        _writer = writer;
        _clock = clock;
        _log = log;
        _sweep = clock.CreateTimer(_ => RetireIdle(IdleBeforeRetired), null, SweepInterval, SweepInterval);
    }

    /// <summary>How many coupons are in memory.</summary>
    internal int Awake => _awake.Count;

    public ValueTask<CouponReply> AskAsync(long couponId, CouponCommand command) =>
        _writer.MemoryIsTrue
        && _awake.TryGetValue(couponId, out var waking)
        && waking is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: var coupon } }
        && TryAsk(coupon, command, out var reply)
            ? reply
            : WakeAndAskAsync(couponId, command);

    public async ValueTask DisposeAsync() => await _sweep.DisposeAsync();

    private bool TryAsk(LiveCoupon coupon, CouponCommand command, out ValueTask<CouponReply> reply)
    {
        var asked = coupon.TryAsk(command, _clock, _writer.Writable, out reply, out var wantsWrite);
        if (wantsWrite)
            _writer.Enqueue(coupon);
        return asked;
    }

    private async ValueTask<CouponReply> WakeAndAskAsync(long couponId, CouponCommand command)
    {
        if (!await _writer.IsMemoryTrueAsync())
            return CouponReply.Unavailable;
        while (true)
        {
            var waking = _awake.GetOrAdd(couponId, static (id, engine) => new(() => Task.Run(() => engine.Recover(id))), this);
            LiveCoupon coupon;
            try
            {
                coupon = await waking.Value;
            }
            catch (Exception failure) when (failure
                is SqliteException or DamagedJournalException or UnreadableMessageException or InvalidEventException or JournalHangsException or JournalLostException)
            {
                if (Forget(couponId, waking))
                    LogUnrecoverable(failure, couponId);
                return CouponReply.Unavailable;
            }

            if (TryAsk(coupon, command, out var reply))
            {
                var answer = await reply;
                // A coupon that does not exist is not worth remembering, however many of them are asked for.
                if (answer is Refused { Reason: RefusalReason.CouponNotExist } && coupon.TryRetire(TimeSpan.MaxValue))
                    Forget(couponId, waking);
                return answer;
            }

            Forget(couponId, waking);
        }
    }

    private LiveCoupon Recover(long couponId)
    {
        if (_writer.Hangs)
            throw new JournalHangsException();
        var began = Stopwatch.GetTimestamp();
        var found = _snapshots.Find(couponId);
        var coupon = found?.Coupon ?? new Coupon(couponId);
        var sequenceNumber = found?.SequenceNumber ?? 0;
        var issuedInSnapshot = coupon.IssuedQuantity;
        var replayed = 0;
        foreach (var row in _journal.ReadCoupon(couponId, sequenceNumber))
        {
            coupon.Evolve(row.Decode());
            sequenceNumber = row.SequenceNumber;
            replayed++;
        }

        if (replayed == 0 && sequenceNumber > 0 && _journal.LastSequenceNumber(couponId) < sequenceNumber)
            throw new DamagedJournalException($"Coupon {couponId}: its snapshot holds event {sequenceNumber}, which the journal does not.");
        // It was read by the file's name, which may be another's by now.
        _journal.Check();
        CouponMeter.Recovered(Stopwatch.GetElapsedTime(began));
        return new LiveCoupon(coupon, new RecoveredFrom(sequenceNumber, issuedInSnapshot, replayed));
    }

    /// <summary>Lets go of every coupon that nobody has asked for <paramref name="idle"/>.</summary>
    internal void RetireIdle(TimeSpan idle)
    {
        foreach (var (couponId, waking) in _awake)
        {
            if (waking is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && waking.Value.Result.TryRetire(idle))
                Forget(couponId, waking);
        }
    }

    private bool Forget(long couponId, Lazy<Task<LiveCoupon>> waking) => _awake.TryRemove(new(couponId, waking));

    [LoggerMessage(Level = LogLevel.Error, Message = "Coupon {CouponId} can't be recovered from the journal, so it answers UNAVAILABLE.")]
    private partial void LogUnrecoverable(Exception failure, long couponId);

    private sealed class JournalHangsException() : Exception("A write to the journal has not come back, so nothing can be recovered from it.");
}
