using System.Globalization;
using System.Text;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.ReadModel;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Projection;

/// <summary>
/// Writes what coupons have changed: a few long statements, sent together. The text holds the values, for parameters would cost more
/// than the rows.
/// </summary>
internal sealed class ReadModelChanges(DataConnection connection)
{
    private const int RowsPerStatement = 1_000;

    /// <summary>Below any server's <c>max_allowed_packet</c>, even when every character takes four bytes.</summary>
    private const int MaxLength = 1 << 20;

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private readonly StringBuilder _sql = new();

    /// <param name="position">How far the journal has been read when this is done, or null if that does not change.</param>
    /// <exception cref="InvalidEventException">Something is used that can't be.</exception>
    /// <exception cref="MySqlConnector.MySqlException">A unique key is taken, or the database fails.</exception>
    public async Task StoreAsync(IReadOnlyList<CouponProjection> coupons, JournalPosition? position)
    {
        await InsertAsync(
            "coupon_issues (coupon_id, ticket, user_id, date_issued, date_used, date_created, date_updated)", "",
            coupons.SelectMany(coupon => coupon.NewIssues), Append);
        await InsertAsync(
            """
            coupons (id, title, coupon_type, total_quantity, issued_quantity, discount_amount, min_available_amount, vendor_id,
            date_issue_start, date_issue_end, date_created, date_updated, stopped)
            """,
            """
             ON DUPLICATE KEY UPDATE title = VALUES(title), total_quantity = VALUES(total_quantity), issued_quantity = VALUES(issued_quantity),
            date_issue_start = VALUES(date_issue_start), date_issue_end = VALUES(date_issue_end), date_updated = VALUES(date_updated),
            stopped = VALUES(stopped)
            """,
            coupons.Select(coupon => coupon.ChangedRow).OfType<CouponView>(), Append);
        await InsertAsync(
            "projection_progress (coupon_id, sequence_number, parked_because)",
            " ON DUPLICATE KEY UPDATE sequence_number = VALUES(sequence_number), parked_because = VALUES(parked_because)",
            coupons.Where(coupon => coupon.HasProgressed),
            coupon => _sql.Append(Invariant, $"{coupon.CouponId}, {coupon.Progress.SequenceNumber}, {SqlLiteral.Of(coupon.Progress.ParkedBecause)}"));
        if (position is var (readUpTo, settledUpTo))
            _sql.Append(Invariant, $"UPDATE projection_position SET ordering = {readUpTo}, settled = {settledUpTo};");
        await SendAsync();
        await UseAsync(coupons);
    }

    private async Task InsertAsync<T>(string into, string otherwise, IEnumerable<T> rows, Action<T> append)
    {
        var inStatement = 0;
        foreach (var row in rows)
        {
            _sql.Append(inStatement == 0 ? $"INSERT INTO {into} VALUES (" : ", (");
            append(row);
            _sql.Append(')');
            if (++inStatement < RowsPerStatement)
                continue;
            await EndStatementAsync(otherwise);
            inStatement = 0;
        }

        if (inStatement > 0)
            await EndStatementAsync(otherwise);
    }

    // Each of these must find its row, unused; so that they are counted, they go apart from what else there is.
    private async Task UseAsync(IEnumerable<CouponProjection> coupons)
    {
        foreach (var uses in coupons.SelectMany(coupon => coupon.Uses, (coupon, used) => (Coupon: coupon, Used: used)).Chunk(RowsPerStatement))
        {
            foreach (var (coupon, used) in uses)
            {
                var at = SqlLiteral.Of(used.DateUsed);
                _sql.Append(Invariant, $"UPDATE coupon_issues SET date_used = {at}, date_updated = {at} ");
                _sql.Append(Invariant, $"WHERE coupon_id = {coupon.CouponId} AND ticket = {used.Ticket} AND user_id = {used.UserId} AND date_used IS NULL;");
            }

            var found = await SendAsync();
            if (found != uses.Length)
            {
                var (coupon, first) = uses[0];
                throw uses.Length == 1 ? coupon.FindsNoUnit(first) : new InvalidEventException($"Of {uses.Length} uses, {uses.Length - found} fit no row.");
            }
        }
    }

    private async Task EndStatementAsync(string end)
    {
        _sql.Append(end).Append(";\n");
        if (_sql.Length >= MaxLength)
            await SendAsync();
    }

    private async Task<int> SendAsync()
    {
        if (_sql.Length == 0)
            return 0;
        var affected = await connection.ExecuteAsync(_sql.ToString());
        _sql.Clear();
        return affected;
    }

    private void Append(CouponIssue issue)
    {
        var issued = SqlLiteral.Of(issue.DateIssued);
        _sql.Append(Invariant, $"{issue.CouponId}, {issue.Ticket}, {issue.UserId}, {issued}, {SqlLiteral.Of(issue.DateUsed)}, {issued}, ");
        _sql.Append(issue.DateUsed is { } used ? SqlLiteral.Of(used) : issued);
    }

    private void Append(CouponView coupon)
    {
        var policy = coupon.Policy;
        _sql.Append(Invariant, $"{coupon.CouponId}, {SqlLiteral.Of(policy.Title)}, '{CouponTypeCode.FirstComeFirstServed}', ");
        _sql.Append(Invariant, $"{SqlLiteral.Of(policy.TotalQuantity)}, ");
        _sql.Append(Invariant, $"{coupon.IssuedQuantity}, {policy.DiscountAmount}, {policy.MinAvailableAmount}, {SqlLiteral.Of(policy.VendorId)}, ");
        _sql.Append(Invariant, $"{SqlLiteral.Of(policy.DateIssueStart)}, {SqlLiteral.Of(policy.DateIssueEnd)}, ");
        _sql.Append(Invariant, $"{SqlLiteral.Of(coupon.DateCreated)}, {SqlLiteral.Of(coupon.DateUpdated)}, {(coupon.Stopped ? 1 : 0)}");
    }
}
