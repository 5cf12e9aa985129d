using Akka.Actor;

namespace CouponAkka.Sharded.Notifying;

/// <summary>Numbers what happens, and posts it to webhooks. Two at once do no harm: <see cref="NumberingRunner"/>.</summary>
internal sealed class NumberingActor(NumberingRunner runner, NodeNumbering here) : SingletonRun("Notifications")
{
    /// <param name="runner">Makes one for each life of the actor.</param>
    public static Props Props(Func<NumberingRunner> runner, NodeNumbering here) => Akka.Actor.Props.Create(() => new NumberingActor(runner(), here));

    protected override Task RunAsync(CancellationToken stop) => runner.RunAsync(stop);

    protected override void IsHere(bool isHere) => here.IsHere = isHere;
}

/// <summary>How numbering fares, on the node that does it. Any thread may use it.</summary>
internal sealed class NodeNumbering
{
    private volatile bool _isHere;
    private volatile string? _failure;

    /// <summary>Whether this node is the one that numbers.</summary>
    public bool IsHere
    {
        get => _isHere;
        set => _isHere = value;
    }

    /// <summary>Why nothing more is numbered, or null.</summary>
    public string? Failure
    {
        get => _failure;
        set => _failure = value;
    }
}
