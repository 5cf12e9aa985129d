using System.Globalization;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Projecting.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.ReadModel;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Projection;

/// <summary>Writes what entities have changed.</summary>
internal sealed class ReadModelChanges(DataConnection connection)
{
    private const int UsesAtOnce = 1_000;

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private readonly SqlBatch _sql = new(connection);

    /// <param name="position">How far the journal has been read when this is done, or null if that does not change.</param>
    /// <exception cref="InvalidEventException">Something is used that can't be.</exception>
    /// <exception cref="MySqlConnector.MySqlException">A unique key is taken, or the database fails.</exception>
    public async Task StoreAsync(IReadOnlyList<EntityProjection> entities, JournalPosition? position)
    {
        CouponProjection[] coupons = [.. entities.OfType<CouponProjection>()];
        ViewProjection[] views = [.. entities.OfType<ViewProjection>().Where(view => view.HasProgressed)];
        await _sql.InsertAsync(
            "coupon_issues (coupon_id, ticket, user_id, date_issued, date_used, date_created, date_updated)", "",
            coupons.SelectMany(coupon => coupon.NewIssues), Append);
        await _sql.InsertAsync(
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
        await _sql.InsertAsync(
            "projection_progress (coupon_id, sequence_number, parked_because)",
            " ON DUPLICATE KEY UPDATE sequence_number = VALUES(sequence_number), parked_because = VALUES(parked_because)",
            coupons.Where(coupon => coupon.HasProgressed),
            coupon => _sql.Text.Append(Invariant, $"{coupon.CouponId}, {coupon.Progress.SequenceNumber}, {SqlLiteral.Of(coupon.Progress.ParkedBecause)}"));
        await _sql.InsertAsync(
            "entity_views (kind, entity_id, sequence_number, parked_because, view)",
            " ON DUPLICATE KEY UPDATE sequence_number = VALUES(sequence_number), parked_because = VALUES(parked_because), view = VALUES(view)",
            views,
            view => _sql.Text.Append(
                Invariant,
                $"'{view.Key.Kind.Name}', {view.Key.Id}, {view.Progress.SequenceNumber}, "
                + $"{SqlLiteral.Of(view.Progress.ParkedBecause)}, {SqlLiteral.Of(view.View)}"));
        await _sql.InsertAsync(
            "list_lines (list, owner, position, line)",
            " ON DUPLICATE KEY UPDATE line = VALUES(line)",
            views.SelectMany(view => view.Lines),
            line => _sql.Text.Append(Invariant, $"{SqlLiteral.Of(line.List)}, {line.Owner}, {line.Position}, {SqlLiteral.Of(line.Json)}"));
        if (position is var (readUpTo, settledUpTo))
            _sql.Text.Append(Invariant, $"UPDATE projection_position SET ordering = {readUpTo}, settled = {settledUpTo};");
        await _sql.SendAsync();
        await UseAsync(coupons);
    }

    // Each of these must find its row, unused; so that they are counted, they go apart from what else there is.
    private async Task UseAsync(IEnumerable<CouponProjection> coupons)
    {
        foreach (var uses in coupons.SelectMany(coupon => coupon.Uses, (coupon, used) => (Coupon: coupon, Used: used)).Chunk(UsesAtOnce))
        {
            foreach (var (coupon, used) in uses)
            {
                var at = SqlLiteral.Of(used.DateUsed);
                _sql.Text.Append(Invariant, $"UPDATE coupon_issues SET date_used = {at}, date_updated = {at} ");
                _sql.Text.Append(
                    Invariant, $"WHERE coupon_id = {coupon.CouponId} AND ticket = {used.Ticket} AND user_id = {used.UserId} AND date_used IS NULL;");
            }

            var found = await _sql.SendAsync();
            if (found != uses.Length)
            {
                var (coupon, first) = uses[0];
                throw uses.Length == 1 ? coupon.FindsNoUnit(first) : new InvalidEventException($"Of {uses.Length} uses, {uses.Length - found} fit no row.");
            }
        }
    }

    private void Append(CouponIssue issue)
    {
        var issued = SqlLiteral.Of(issue.DateIssued);
        _sql.Text.Append(Invariant, $"{issue.CouponId}, {issue.Ticket}, {issue.UserId}, {issued}, {SqlLiteral.Of(issue.DateUsed)}, {issued}, ");
        _sql.Text.Append(issue.DateUsed is { } used ? SqlLiteral.Of(used) : issued);
    }

    private void Append(CouponView coupon)
    {
        var policy = coupon.Policy;
        _sql.Text.Append(Invariant, $"{coupon.CouponId}, {SqlLiteral.Of(policy.Title)}, '{CouponTypeCode.FirstComeFirstServed}', ");
        _sql.Text.Append(Invariant, $"{SqlLiteral.Of(policy.TotalQuantity)}, ");
        _sql.Text.Append(Invariant, $"{coupon.IssuedQuantity}, {policy.DiscountAmount}, {policy.MinAvailableAmount}, {SqlLiteral.Of(policy.VendorId)}, ");
        _sql.Text.Append(Invariant, $"{SqlLiteral.Of(policy.DateIssueStart)}, {SqlLiteral.Of(policy.DateIssueEnd)}, ");
        _sql.Text.Append(Invariant, $"{SqlLiteral.Of(coupon.DateCreated)}, {SqlLiteral.Of(coupon.DateUpdated)}, {(coupon.Stopped ? 1 : 0)}");
    }
}
