namespace CouponAkka.Strategies;

/// <summary>One of the seeds' ways to issue a coupon. Any number of threads ask at once.</summary>
internal interface IStrategy
{
    /// <summary>Tries to issue one unit. Whether the answer is true, and stays true after a crash, is what the comparison is about.</summary>
    Task<Answer> IssueAsync(long couponId, long userId);
}

internal enum Answer
{
    Issued,
    Duplicate,
    SoldOut,
    NoSuchCoupon,

    /// <summary>Nothing was decided: the lock was not to be had in time.</summary>
    NotNow,
}
