using System.Collections.Concurrent;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>What happens to a write on its way to the real journal.</summary>
internal enum WriteFault
{
    None,
    FailsBeforeItLands,
    FailsAfterItLanded,
    HangsBeforeItLands,
    HangsAfterItLanded,
}

/// <summary>The real journal behind a disk whose faults the test chooses.</summary>
internal sealed class FaultyJournal(EventJournal journal) : IJournal, IDisposable
{
    private readonly ConcurrentQueue<WriteFault> _next = new();
    private readonly SemaphoreSlim _hangs = new(0);
    private readonly SemaphoreSlim _resumed = new(0);
    private volatile bool _broken;
    private volatile bool _hanging;

    /// <summary>While it is broken nothing can be written, not even a probe.</summary>
    public bool Broken
    {
        get => _broken;
        set => _broken = value;
    }

    /// <summary>Gives the next write that has none yet a fault.</summary>
    public void Next(WriteFault fault) => _next.Enqueue(fault);

    /// <summary>Returns when a write hangs.</summary>
    public async Task HangsAsync() => Assert.True(await _hangs.WaitAsync(Eventually.Deadline), "No write hangs.");

    /// <summary>Lets the write go on that hangs, and takes back the faults that no write has met.</summary>
    public void Resume()
    {
        _next.Clear();
        if (!_hanging)
            return;
        _hanging = false;
        _resumed.Release();
    }

    public void Append(IReadOnlyList<JournalWrite> writes)
    {
        var fault = _next.TryDequeue(out var next) ? next : WriteFault.None;
        if (fault == WriteFault.HangsBeforeItLands)
            Hang();
        if (_broken || fault == WriteFault.FailsBeforeItLands)
            throw new IOException("The disk is broken.");
        journal.Append(writes);
        if (fault == WriteFault.HangsAfterItLanded)
            Hang();
        if (fault == WriteFault.FailsAfterItLanded)
            throw new IOException("The disk broke.");
    }

    public void Probe()
    {
        if (_broken)
            throw new IOException("The disk is still broken.");
        journal.Probe();
    }

    public void Check() => journal.Check();

    public void Dispose()
    {
        _hangs.Dispose();
        _resumed.Dispose();
    }

    private void Hang()
    {
        _hanging = true;
        _hangs.Release();
        if (!_resumed.Wait(Eventually.Deadline))
            throw new TimeoutException("The test never let the write go on.");
    }
}
