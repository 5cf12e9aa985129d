using System.Diagnostics;

namespace CouponAkka.Testing;

/// <summary>Waits for a condition, with a deadline that only a broken program reaches.</summary>
public static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static Task HoldsAsync(Func<bool> condition, Func<string>? found = null) => HoldsAsync(() => Task.FromResult(condition()), found);

    /// <exception cref="TimeoutException">It still does not hold; says what was found instead.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string>? found = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > Deadline)
                throw new TimeoutException($"It does not hold after {Deadline.TotalSeconds} s. {found?.Invoke()}");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Reads until <paramref name="accept"/> takes what was read, and returns it.</summary>
    /// <exception cref="TimeoutException">The deadline passed; says what was awaited and what was read last.</exception>
    public static async Task<T> ReadAsync<T>(string awaited, Func<Task<T>> read, Func<T, bool> accept)
    {
        var last = await read();
        var waited = Stopwatch.StartNew();
        while (!accept(last))
        {
            if (waited.Elapsed > Deadline)
                throw new TimeoutException($"After {Deadline.TotalSeconds} s it is still not so that {awaited}; read last: {last}");
            await Task.Delay(Pause);
            last = await read();
        }

        return last;
    }
}
