using CouponAkka.Engine.Writing;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Engine.Tests;

/// <summary>Something that befalls three processes that share a journal.</summary>
internal abstract record Step
{
    /// <summary>Time passes; each process counts it by a clock of its own, which is too fast or too slow.</summary>
    public sealed record Pass(int Milliseconds) : Step;

    /// <summary>The process starts anew: it reads the journal and writes its fence. What was there before is gone, and answers nobody.</summary>
    public sealed record Wake(int Process) : Step;

    /// <summary>Somebody asks how much is counted.</summary>
    public sealed record Read(int Process) : Step;

    /// <summary>Somebody counts one more.</summary>
    public sealed record Count(int Process) : Step;

    /// <summary>The journal takes the write that is on its way, or refuses it, and tells nobody yet.</summary>
    public sealed record Commit(int Process) : Step;

    /// <summary>The journal is read for the check that is on its way, and nobody is told yet.</summary>
    public sealed record Look(int Process) : Step;

    /// <summary>The process hears what came of its write or its check; one that is frozen hears it late.</summary>
    public sealed record Hear(int Process) : Step;

    /// <summary>It hands over as soon as nothing is pending.</summary>
    public sealed record HandOver(int Process) : Step;

    /// <summary>It looks whether it has waited long enough.</summary>
    public sealed record Tick(int Process) : Step;
}

/// <summary>What somebody asked, and what they heard.</summary>
internal sealed record Asked(bool Counts, int CountedWhenAsked, int HeardWhenAsked)
{
    public int? Heard { get; set; }
}

/// <summary>
/// A counter whose writers do not know of each other: a shell as thin as the coupon's actor around <see cref="GroupCommit{TEvent,TReply}"/> and
/// <see cref="WriterLease{TReply}"/>, a journal that takes each number once, and a clock. It checks by itself that every answer fits one order in
/// which all that was asked happened, each between its question and its answer.
/// </summary>
internal sealed class WriterLeaseSimulation
{
    public const int Processes = 3;

    private readonly List<Entry> _journal = [];
    private readonly Process[] _processes;
    private readonly bool _exists;
    private TimeSpan _time = TimeSpan.FromHours(1);
    private int _acknowledged;
    private int _heard;

    /// <param name="exists">Whether the counter is there at the beginning; if not, the first to count creates it.</param>
    public WriterLeaseSimulation(bool exists, double[] rates, Step[] steps)
    {
        _exists = exists;
        if (exists)
            _journal.Add(Entry.Fence);
        _processes = [.. rates.Select(rate => new Process(this, rate))];
        foreach (var step in steps)
            Befall(step);
    }

    public static Gen<double[]> AnyRates { get; } = Gen.ArrayOf(Gen.Choose(-9, 9).Select(percent => 1 + (percent / 100.0)), Processes);

    public static Gen<Step[]> AnySteps { get; } = Gen.Choose(20, 400).SelectMany(length => Gen.ArrayOf(
        Gen.Frequency(
            (6, Gen.Choose(0, 400).Select(Step (ms) => new Step.Pass(ms))),
            (1, AnyProcess().Select(Step (process) => new Step.Wake(process))),
            (10, AnyProcess().Select(Step (process) => new Step.Read(process))),
            (4, AnyProcess().Select(Step (process) => new Step.Count(process))),
            (10, AnyProcess().Select(Step (process) => new Step.Commit(process))),
            (10, AnyProcess().Select(Step (process) => new Step.Look(process))),
            (14, AnyProcess().Select(Step (process) => new Step.Hear(process))),
            (1, AnyProcess().Select(Step (process) => new Step.HandOver(process))),
            (8, AnyProcess().Select(Step (process) => new Step.Tick(process)))),
        length));

    /// <summary>How many answers left, of either kind.</summary>
    public int Answers { get; private set; }

    private int Counted => _journal.Count(entry => entry == Entry.Counted);

    private static Gen<int> AnyProcess() => Gen.Choose(0, Processes - 1);

    private void Befall(Step step)
    {
        switch (step)
        {
            case Step.Pass pass:
                _time += TimeSpan.FromMilliseconds(pass.Milliseconds);
                break;
            case Step.Wake wake:
                _processes[wake.Process].Wake();
                break;
            case Step.Read read:
                _processes[read.Process].Ask(new Asked(false, _acknowledged, _heard));
                break;
            case Step.Count count:
                _processes[count.Process].Ask(new Asked(true, _acknowledged, _heard));
                break;
            case Step.Commit commit:
                _processes[commit.Process].Commit();
                break;
            case Step.Look look:
                _processes[look.Process].Look();
                break;
            case Step.Hear hear:
                _processes[hear.Process].Hear();
                break;
            case Step.HandOver handOver:
                _processes[handOver.Process].HandOver();
                break;
            case Step.Tick tick:
                _processes[tick.Process].Release();
                break;
        }
    }

    private void Leave(Asked asked, int answer)
    {
        Assert.Null(asked.Heard);
        asked.Heard = answer;
        Answers++;
        Assert.True(answer >= asked.CountedWhenAsked, $"{asked}: {answer} were told, when {asked.CountedWhenAsked} had been acknowledged before the question.");
        Assert.True(answer >= asked.HeardWhenAsked, $"{asked}: {answer} were told, when somebody had been told {asked.HeardWhenAsked} before the question.");
        Assert.True(answer <= Counted, $"{asked}: {answer} were told, when {Counted} are durable.");
        if (asked.Counts)
            _acknowledged = Math.Max(_acknowledged, answer);
        _heard = Math.Max(_heard, answer);
    }

    private enum Entry
    {
        Fence,
        HandedOver,
        Counted,
    }

    private sealed class Process(WriterLeaseSimulation world, double rate)
    {
        private GroupCommit<Entry, Pending> _commit = new();
        private WriterLease<Pending> _lease = new();
        private bool _awake;
        private int _last;
        private int _counted;
        private bool _fencing;
        private bool _handedOver;
        private bool _handingOver;
        private bool _stopping;
        private TimeSpan _writeBegan;
        private Entry[]? _onItsWay;
        private bool? _landed;
        private (int Last, TimeSpan Began, bool IsOwn)? _check;
        private int? _seen;

        private TimeSpan Now => world._time * rate;

        public void Wake()
        {
            _commit = new();
            _lease = new();
            _last = world._journal.Count;
            _counted = world.Counted;
            _handingOver = _stopping = false;
            _handedOver = _last > 0 && world._journal[^1] == Entry.HandedOver;
            _onItsWay = null;
            (_landed, _check, _seen) = (null, null, null);
            _awake = true;
            _fencing = _last > 0;
            if (_fencing)
            {
                _commit.Add(Entry.Fence);
                Begin();
            }
        }

        public void Ask(Asked asked)
        {
            if (_handingOver)
                return;
            if (!_awake)
                Wake();
            var decided = _lease.Moment(Now);
            if (asked.Counts)
            {
                _commit.Add(Entry.Counted);
                _counted++;
            }

            var pending = new Pending(asked, _counted, decided);
            if (!_commit.Idle)
            {
                _commit.Wait(pending);
                Begin();
            }
            else if (_lease.Covers(decided))
            {
                world.Leave(asked, _counted);
            }
            else
            {
                _lease.Wait(decided, pending);
                Release();
            }
        }

        public void Commit()
        {
            if (_onItsWay is null || _landed is not null)
                return;
            _landed = world._journal.Count == _last;
            if (_landed == true)
                world._journal.AddRange(_onItsWay);
        }

        public void Look()
        {
            if (_check is not null)
                _seen ??= world._journal.Count;
        }

        public void Hear()
        {
            if (_landed is { } landed)
                Written(landed);
            else if (_check is { } check && _seen is { } seen)
                Checked(check, seen);
        }

        public void HandOver()
        {
            _stopping = _awake;
            StopWhenIdle();
        }

        public void Release()
        {
            if (!_awake)
                return;
            var released = new List<Pending>();
            _lease.Release(Now, released);
            foreach (var pending in released)
                world.Leave(pending.Asked, pending.Answer);
            if (_lease.NeedsProof)
                Check();
            StopWhenIdle();
        }

        private void Written(bool landed)
        {
            var written = _onItsWay!.Length;
            (_onItsWay, _landed) = (null, null);
            if (!landed || _handingOver)
            {
                _awake = false;
                return;
            }

            _last += written;
            var released = new List<Pending>();
            _commit.Committed(released);
            if (_fencing && !_handedOver)
                _lease.TookOver(Now);
            _fencing = false;
            _lease.Proved(_writeBegan, exists: true);
            foreach (var pending in released)
                _lease.Wait(pending.Decided, pending);
            Begin();
            Release();
        }

        private void Checked((int Last, TimeSpan Began, bool IsOwn) check, int seen)
        {
            (_check, _seen) = (null, null);
            if (seen == check.Last)
                _lease.Proved(check.Began, exists: check.Last > 0);
            else if (!check.IsOwn)
                _awake = false;
            Release();
        }

        private void Check()
        {
            if (_check is null && !_commit.Writing && !_handingOver)
                _check = (_last, _lease.Moment(Now), IsOwn: false);
        }

        private void Begin()
        {
            if (!_commit.CanBegin)
                return;
            _onItsWay = [.. _commit.Begin()];
            _writeBegan = _lease.Moment(Now);
            // What it will see may be what is written here.
            if (_check is { } check)
                _check = check with { IsOwn = true };
        }

        private void StopWhenIdle()
        {
            if (!_stopping || _handingOver || !_commit.Idle || _lease.Waiting)
                return;
            if (_last == 0 || _lease.HeldFor(Now) > TimeSpan.Zero)
            {
                _awake = false;
                return;
            }

            _handingOver = true;
            _commit.Add(Entry.HandedOver);
            Begin();
        }

        private sealed record Pending(Asked Asked, int Answer, TimeSpan Decided);
    }
}
