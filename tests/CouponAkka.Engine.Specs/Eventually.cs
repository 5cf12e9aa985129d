using System.Diagnostics;

namespace CouponAkka.Engine.Specs;

/// <summary>Waits for a condition, with a deadline that only a broken engine reaches.</summary>
public static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>Reads until <paramref name="accept"/> takes what was read, and returns it.</summary>
    /// <exception cref="TimeoutException">The deadline passed; says what was awaited and what was read last.</exception>
    public static async Task<T> ReadAsync<T>(string awaited, Func<Task<T>> read, Func<T, bool> accept)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var last = await read();
            if (accept(last))
                return last;
            if (waited.Elapsed > Deadline)
                throw new TimeoutException($"After {Deadline.TotalSeconds} s it is still not so that {awaited}; read last: {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
