using Akka.Actor;

namespace CouponAkka.Simulation.Tests;

/// <summary>Something that can be frozen and killed, and has a clock of its own, which is too fast or too slow and wrong on the wall.</summary>
internal abstract class Process : MinimalActorRef
{
    private static readonly ActorPath Processes = new RootActorPath(Address.AllSystems) / "user";

    private readonly Dictionary<Process, long> _lastArrivals = [];
    private long _frozenUntil;
    private int _lives;

    protected Process(World world, string name, double rate, TimeSpan wrong)
    {
        World = world;
        Name = name;
        Clock = new ProcessClock(world, rate, wrong);
        Path = Processes / name;
    }

    public World World { get; }

    public string Name { get; }

    public ProcessClock Clock { get; }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider => throw new NotSupportedException("There is no actor system.");

    /// <summary>The next message to it is lost.</summary>
    public bool LosesNext { private get; set; }

    /// <summary>What it does later, unless it is killed before; if it is frozen then, when it thaws.</summary>
    public void Later(long ticks, Action does)
    {
        var life = _lives;
        World.After(ticks, Do);

        void Do()
        {
            if (life != _lives)
                return;
            if (_frozenUntil > World.Now)
                World.After(_frozenUntil - World.Now, Do);
            else
                does();
        }
    }

    /// <summary>What it does after so long by its own clock.</summary>
    public void After(TimeSpan duration, Action does) => Later(Clock.ToWorld(duration), does);

    public void Freeze(long ticks)
    {
        _frozenUntil = Math.Max(_frozenUntil, World.Now + ticks);
        World.Tell(Name, $"is frozen for {TimeSpan.FromTicks(ticks).TotalSeconds} s");
    }

    public virtual void Kill()
    {
        _lives++;
        _frozenUntil = 0;
        World.Tell(Name, $"is killed");
    }

    protected abstract void Receive(object message, Process sender);

    /// <summary>It sends this to somebody.</summary>
    protected virtual void Sends(object message)
    {
    }

    // Messages between two stay in order, and may be lost.
    protected override void TellInternal(object message, IActorRef sender)
    {
        var from = (Process)sender;
        from.Sends(message);
        if (LosesNext)
        {
            LosesNext = false;
            World.Tell(Name, $"never gets {message} from {from.Name}");
            return;
        }

        var arrival = Math.Max(World.Now + World.Between(0.1, World.Chance(3) ? 900 : 20), _lastArrivals.GetValueOrDefault(from) + 1);
        _lastArrivals[from] = arrival;
        // Who is killed meanwhile has come back, and gets it all the same.
        World.After(arrival - World.Now, () => Later(0, () =>
        {
            World.Tell(Name, $"gets {message} from {from.Name}");
            Receive(message, from);
        }));
    }
}

/// <summary>A process's own clocks.</summary>
/// <param name="rate">How fast they run.</param>
/// <param name="wrong">How far the clock on the wall is ahead.</param>
internal sealed class ProcessClock(World world, double rate, TimeSpan wrong) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (long)(world.Now * rate);

    public override DateTimeOffset GetUtcNow() => World.Beginning + wrong + TimeSpan.FromTicks(world.Now);

    /// <summary>How long it takes until so much has passed by this clock.</summary>
    public long ToWorld(TimeSpan duration) => (long)Math.Ceiling(duration.Ticks / rate) + 1;
}
