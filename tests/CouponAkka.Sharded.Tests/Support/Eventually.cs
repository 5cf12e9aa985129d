using System.Diagnostics;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>Waits for a condition, with a deadline that only a broken program reaches.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    public static Task HoldsAsync(Func<bool> condition, Func<string>? found = null) =>
        HoldsAsync(() => Task.FromResult(condition()), found);

    /// <exception cref="TimeoutException">It still does not hold; says what was found instead.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string>? found = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > Deadline)
                throw new TimeoutException($"It does not hold after {Deadline.TotalSeconds} s. {found?.Invoke()}");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
