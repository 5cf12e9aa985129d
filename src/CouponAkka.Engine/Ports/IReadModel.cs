using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Engine.Ports;

/// <summary>
/// What has been projected from the journal: never ahead of it, and when quiet the same. While it can't be asked, each of these throws
/// <see cref="ReadModelUnavailableException"/>.
/// </summary>
public interface IReadModel
{
    /// <summary>How long a question waits at most for what was answered before it.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits until everything that was answered before this call can be read, so that people find what they were just told. Under load that takes
    /// some hundred milliseconds; after <see cref="LongestWait"/> what there is must do.
    /// </summary>
    ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel);

    /// <summary>At most <paramref name="limit"/> coupons with an id above <paramref name="afterCouponId"/>, by id.</summary>
    ValueTask<IReadOnlyList<CouponView>> ListCouponsAsync(long afterCouponId, int limit, CancellationToken cancel);

    /// <summary>At most <paramref name="limit"/> units of a coupon with a ticket above <paramref name="afterTicket"/>, by ticket.</summary>
    ValueTask<IReadOnlyList<CouponIssue>> ListIssuesAsync(long couponId, long afterTicket, int limit, CancellationToken cancel);

    /// <summary>
    /// At most <paramref name="limit"/> units that a user holds, newest first, and of the same moment the higher coupon id first;
    /// from the one that follows <paramref name="after"/>.
    /// </summary>
    ValueTask<IReadOnlyList<CouponIssue>> ListIssuesOfUserAsync(long userId, IssuePosition? after, int limit, CancellationToken cancel);
}

/// <summary>Where one user's unit stands in the list of all that the user holds.</summary>
public readonly record struct IssuePosition(Timestamp DateIssued, long CouponId);

/// <summary>The read model can't be asked now; asking again later may succeed.</summary>
public sealed class ReadModelUnavailableException(string because, Exception? cause = null) : Exception($"The read model can't be asked: {because}", cause)
{
    public ReadModelUnavailableException(Exception cause)
        : this(cause.Message, cause)
    {
    }
}
