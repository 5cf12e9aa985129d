using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>Reads a row of <c>coupons</c>.</summary>
internal static class CouponRow
{
    public const string Columns =
        "id, title, total_quantity, issued_quantity, discount_amount, min_available_amount, vendor_id, date_issue_start, date_issue_end, "
        + "date_created, date_updated, stopped";

    public static CouponView Read(SqliteDataReader row) => new(
        row.GetInt64(0),
        new CouponPolicy(
            row.GetString(1), row.Nullable(2), row.GetInt64(4), row.GetInt64(5), row.Time(7), row.Time(8), row.Nullable(6)),
        row.GetInt64(3),
        row.Time(9),
        row.Time(10),
        row.GetBoolean(11));
}

/// <summary>Reads a row of <c>coupon_issues</c>.</summary>
internal static class IssueRow
{
    public const string Columns = "coupon_id, user_id, ticket, date_issued, date_used";

    public static CouponIssue Read(SqliteDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.Time(3), row.Nullable(4) is { } used ? new Timestamp(used) : null);
}

file static class Reading
{
    public static Timestamp Time(this SqliteDataReader row, int column) => new(row.GetInt64(column));

    public static long? Nullable(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
