using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Simulation.Tests;

/// <summary>A process that holds the coupon if anybody asks it for it: so two may.</summary>
internal sealed class Node(World world, string name, double rate, TimeSpan wrong, Journal journal) : Process(world, name, rate, wrong)
{
    private Writer? _writer;

    public Journal Journal => journal;

    /// <summary>What the writers of this process have left for the next one here.</summary>
    public StoppedWriters Stopped { get; private set; } = new();

    public void HandOver() => _writer?.Stop();

    /// <summary>The writer has ended; the next message wakes another.</summary>
    public void Ended(Writer writer)
    {
        if (_writer == writer)
            _writer = null;
    }

    public override void Kill()
    {
        base.Kill();
        _writer = null;
        Stopped = new();
    }

    protected override void Receive(object message, Process sender)
    {
        _writer ??= new Writer(this);
        _writer.Receive(message, sender);
    }
}
