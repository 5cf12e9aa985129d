using Akka.Actor;
using CouponAkka.Contracts;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// Stop-and-wait: gathers what is to be sent while the message before is on its way, so that messages grow with the load instead of their number, as a
/// group commit's writes do. Its owner asks for <see cref="Next"/> whenever something was added or has arrived, and each time it is told to
/// <see cref="LookAgain"/>. Not thread-safe.
/// </summary>
/// <param name="weightOf">Of the whole message, no more than <see cref="Weight.Most"/> is sent at once.</param>
internal sealed class OneOnItsWay<T>(Func<T, int> weightOf, TimeProvider clock)
{
    /// <summary>After this the message before, or the word that it has come, is taken for lost, and the next is sent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Queue<T> _gathered = [];
    private long _sentAt;
    private bool _onItsWay;

    /// <summary>The number of what was sent last.</summary>
    public long Number { get; private set; }

    public void Add(T item) => _gathered.Enqueue(item);

    /// <summary>What is to be sent now, as <see cref="Number"/>; null if there is nothing, or the message before is on its way.</summary>
    public List<T>? Next()
    {
        if (_gathered.Count == 0 || (_onItsWay && clock.GetElapsedTime(_sentAt) < Patience))
            return null;
        var batch = new List<T>(_gathered.Count);
        for (var weight = 0; _gathered.TryPeek(out var item); batch.Add(_gathered.Dequeue()))
        {
            weight += weightOf(item);
            if (weight > Weight.Most && batch.Count > 0)
                break;
        }

        Number++;
        _sentAt = clock.GetTimestamp();
        _onItsWay = true;
        return batch;
    }

    /// <summary>The other side has the message with this number.</summary>
    public void Arrived(long number) => _onItsWay &= number < Number;
}

/// <summary>Tells the owner of a <see cref="OneOnItsWay{T}"/> that the message before may be overdue.</summary>
internal sealed class LookAgain
{
    public static readonly LookAgain Instance = new();

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static void Start(ITimerScheduler timers) => timers.StartPeriodicTimer(nameof(LookAgain), Instance, Interval);
}
