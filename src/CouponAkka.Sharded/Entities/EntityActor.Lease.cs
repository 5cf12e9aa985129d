using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using CouponAkka.Contracts;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Entities;

// Until when what is told from memory is true, and what is done so that it stays so: checks of the journal's end, waiting for the writer before, handing
// over to the next.
internal partial class EntityActor
{
    private readonly WriterLease<PendingAnswers> _lease = new();
    private readonly List<PendingAnswers> _released = [];
    private bool _compared;
    private bool _checking;
    private bool _handingOver;
    private bool _waitingOut;
    private bool _stopping;

    /// <summary>How long what it tells from memory will be true.</summary>
    protected TimeSpan LeaseLeft => _lease.Left(Now);

    /// <summary>Long enough that nothing need be done yet so that it goes on.</summary>
    protected bool IsLeaseYoung => LeaseLeft > WriterLease.Length / 2;

    private TimeSpan Now => _settings.Clock.GetElapsedTime(0);

    /// <summary>Answers whoever may be answered now, and has proved what the others wait for.</summary>
    private void Release()
    {
        _released.Clear();
        _lease.Release(Now, _released);
        var closed = _released.Count > 0 && _commit.Idle && IsClosed;
        foreach (var answers in _released)
            answers.Tell(Self, closed);
        if (_lease.NeedsProof)
            Check();
        if (!_waitingOut && _lease.Waiting && _lease.HeldFor(Now) is { Ticks: > 0 } held)
        {
            _waitingOut = true;
            Timers.StartSingleTimer(nameof(WaitedOut), WaitedOut.Instance, held + TimeSpan.FromMilliseconds(1));
        }

        // One that does not exist is not worth remembering, however many of them are asked for.
        if (_released.Count > 0 && !Entity.Exists && !_lease.Waiting)
            Context.Parent.Tell(new Passivate(StopEntity.Instance));
        StopWhenIdle();
    }

    /// <summary>
    /// Begins to look whether the journal still ends where it does here, one look at a time: whoever asks meanwhile waits for the same, or together for
    /// the next. A write that is on its way tells as much.
    /// </summary>
    protected void Check()
    {
        if (_checking || _commit.Writing || _handingOver)
            return;
        _checking = true;
        var (last, write, began) = (LastSequenceNr, _write, _lease.Moment(Now));
        _settings.Ends.ReadAsync(_key).WaitAsync(_settings.WriteTimeout).PipeTo(
            Self, success: end => new JournalChecked(end, last, write, began), failure: cause => new JournalNotChecked(cause, write));
    }

    private void Checked(JournalChecked check)
    {
        _checking = false;
        if (check.Lost(_key.Kind) is { } lost)
        {
            _settings.Unrecoverable.Failed(_key, lost);
            Context.Stop(Self);
            return;
        }

        if (check.IsContested(_write))
        {
            Log.Warning(
                "{0} has another writer: its journal ends with event {1}, and here with {2}. Those who waited are told that it is unavailable.",
                PersistenceId, check.End.Last, check.Last);
            Context.Stop(Self);
            return;
        }

        if (check.IsSame)
            _lease.Proved(check.Began, exists: check.Last > 0);
        if (!_compared)
            Compared(check.End);
        BeginWrite();
        OnChecked();
        Release();
    }

    private void NotChecked(JournalNotChecked failure)
    {
        _checking = false;
        // A write that has been begun since tells as much.
        if (failure.Write != _write)
        {
            Release();
            return;
        }

        Log.Error(
            failure.Cause, "Whether {0} still ends with event {1} can't be read. Those who waited are told that it is unavailable.",
            PersistenceId, LastSequenceNr);
        Context.Stop(Self);
    }

    private void Compared(JournalEnd end)
    {
        _compared = true;
        _settings.Unrecoverable.Recovered(_key);
        if (end.InSnapshot > 0 && !_recovery.HadSnapshot)
        {
            Log.Error(
                "The snapshot of {0} as of event {1} can't be read, so it has been recovered from all of its {2} events. The next snapshot replaces it.",
                PersistenceId, end.InSnapshot, LastSequenceNr);
        }
    }

    private void StopWhenIdle()
    {
        if (!_stopping || _handingOver || !_commit.Idle || _lease.Waiting)
            return;
        GiveUpWaiting();
        // Who does not wait any more for the writer before may tell the next one that it need not either.
        if (!_compared || !Entity.Exists || _lease.HeldFor(Now) > TimeSpan.Zero)
        {
            Context.Stop(Self);
            return;
        }

        _handingOver = true;
        _commit.Add(WriterFence.HandedOver);
        BeginWrite();
    }

    private sealed class WaitedOut
    {
        public static readonly WaitedOut Instance = new();
    }
}
