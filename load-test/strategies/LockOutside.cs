namespace CouponAkka.Strategies;

/// <summary>
/// A lock of this process, and in it the transaction (seed 002, second try). Exact, one at a time, and only as long as there is one process.
/// </summary>
internal sealed class LockOutside(CouponTables tables) : IStrategy, IDisposable
{
    private readonly SemaphoreSlim _lock = new(1);

    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        await _lock.WaitAsync();
        try
        {
            return await tables.IssueInTransactionAsync(couponId, userId);
        }
        finally
        {
            _lock.Release();
        }
    }

    public void Dispose() => _lock.Dispose();
}
