using CouponAkka.Engine.Specs.Load;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>An engine under test: real processes on this machine, and data of their own that outlives them.</summary>
public interface IEngine : IAsyncDisposable
{
    /// <summary>Speaks to the processes that were started last. Every start makes a new one, whose connections are all new.</summary>
    CouponClient Client { get; }

    /// <summary>What the programs find in their environment that are started from now on.</summary>
    Dictionary<string, string> Environment { get; }

    /// <summary>What the processes have written so far, and when they were started, killed and stopped.</summary>
    string Output { get; }

    /// <summary>Starts the processes on the data that is there and returns when they can issue.</summary>
    Task StartAsync();

    /// <summary>Sends SIGKILL to every process before it returns; the task ends when all are gone.</summary>
    Task KillAsync();

    /// <summary>Sends SIGTERM and returns the exit code, of the first process that gave another than 0 if one did.</summary>
    Task<int> StopAsync();

    /// <summary>Throws the read model away, so that the next start must rebuild it. Nothing runs meanwhile.</summary>
    void DiscardReadModel();
}
