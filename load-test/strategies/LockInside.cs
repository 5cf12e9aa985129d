namespace CouponAkka.Strategies;

/// <summary>
/// A transaction, and in it a lock of this process (<c>synchronized</c> in the seeds 000, 001 and 002, first try). The lock is given back
/// before the commit: the next one reads what was committed before, and issues the same unit again.
/// </summary>
internal sealed class LockInside(CouponTables tables) : IStrategy, IDisposable
{
    private readonly SemaphoreSlim _lock = new(1);

    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        await using var connection = await tables.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        Answer answer;
        await _lock.WaitAsync();
        try
        {
            answer = await CouponTables.CheckThenIssueAsync(transaction, couponId, userId);
        }
        finally
        {
            _lock.Release();
        }

        await transaction.CommitAsync();
        return answer;
    }

    public void Dispose() => _lock.Dispose();
}
