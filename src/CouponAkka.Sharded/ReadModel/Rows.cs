using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.ReadModel;

/// <summary>A row of <c>coupons</c>.</summary>
[Table("coupons")]
internal sealed record CouponRow
{
    [PrimaryKey, Column("id")]
    public long Id { get; init; }

    [Column("title")]
    public required string Title { get; init; }

    [Column("coupon_type")]
    public string CouponType { get; init; } = CouponTypeCode.FirstComeFirstServed;

    [Column("total_quantity")]
    public long? TotalQuantity { get; init; }

    [Column("issued_quantity")]
    public long IssuedQuantity { get; init; }

    [Column("discount_amount")]
    public long DiscountAmount { get; init; }

    [Column("min_available_amount")]
    public long MinAvailableAmount { get; init; }

    [Column("vendor_id")]
    public long? VendorId { get; init; }

    [Column("date_issue_start")]
    public Timestamp DateIssueStart { get; init; }

    [Column("date_issue_end")]
    public Timestamp DateIssueEnd { get; init; }

    [Column("date_created")]
    public Timestamp DateCreated { get; init; }

    [Column("date_updated")]
    public Timestamp DateUpdated { get; init; }

    [Column("stopped")]
    public bool Stopped { get; init; }

    public CouponView ToView() => new(
        Id,
        new CouponPolicy(Title, TotalQuantity, DiscountAmount, MinAvailableAmount, DateIssueStart, DateIssueEnd, VendorId),
        IssuedQuantity,
        DateCreated,
        DateUpdated,
        Stopped);
}

/// <summary>A row of <c>coupon_issues</c>.</summary>
[Table("coupon_issues")]
internal sealed record IssueRow
{
    [PrimaryKey(0), Column("coupon_id")]
    public long CouponId { get; init; }

    [PrimaryKey(1), Column("ticket")]
    public long Ticket { get; init; }

    [Column("user_id")]
    public long UserId { get; init; }

    [Column("date_issued")]
    public Timestamp DateIssued { get; init; }

    [Column("date_used")]
    public Timestamp? DateUsed { get; init; }

    [Column("date_created")]
    public Timestamp DateCreated { get; init; }

    [Column("date_updated")]
    public Timestamp DateUpdated { get; init; }

    public CouponIssue ToIssue() => new(CouponId, UserId, Ticket, DateIssued, DateUsed);
}
