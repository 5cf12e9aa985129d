using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>Answers queries from the read model's file. Any thread may ask.</summary>
internal sealed class SqliteReadModel(ReadModelQueries queries) : IReadModel
{
    internal const string IssuesOfUser =
        $"""
        SELECT {IssueRow.Columns} FROM coupon_issues WHERE user_id = $0 AND (date_issued, coupon_id) < ($1, $2)
        ORDER BY date_issued DESC, coupon_id DESC LIMIT $3
        """;

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => queries.WaitUntilCaughtUpAsync(cancel);

    public ValueTask<IReadOnlyList<CouponView>> ListCouponsAsync(long afterCouponId, int limit, CancellationToken cancel) => new(
        queries.Query($"SELECT {CouponRow.Columns} FROM coupons WHERE id > $0 ORDER BY id LIMIT $1", CouponRow.Read, afterCouponId, limit));

    public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesAsync(long couponId, long afterTicket, int limit, CancellationToken cancel) => new(
        queries.Query(
            $"SELECT {IssueRow.Columns} FROM coupon_issues WHERE coupon_id = $0 AND ticket > $1 ORDER BY ticket LIMIT $2",
            IssueRow.Read, couponId, afterTicket, limit));

    public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesOfUserAsync(
        long userId, IssuePosition? after, int limit, CancellationToken cancel) => new(
        queries.Query(
            IssuesOfUser,
            IssueRow.Read, userId, after?.DateIssued.UnixMicroseconds ?? long.MaxValue, after?.CouponId ?? long.MaxValue, limit));
}
