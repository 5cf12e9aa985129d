using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;

namespace CouponAkka.Engine.Projecting.Coupons;

/// <summary>
/// One coupon's part of a transaction: starts from what the read model holds, takes events in their order, and collects the rows that
/// they change, as queries return them. No I/O. What an event can be by itself its codec has checked; who holds a unit already, and which,
/// only the tables know, which the engine's SQL asks when it stores the rows.
/// </summary>
public sealed class CouponProjection(long couponId, CouponView? stored, EntityProgress progress)
    : EntityProjection(new EntityKey(CouponKind.Instance, couponId), progress)
{
    private readonly CouponView? _stored = stored;
    private readonly List<CouponIssue> _issues = [];
    private readonly List<CouponUsed> _uses = [];
    private CouponView? _row = stored;

    public long CouponId => couponId;

    /// <summary>The coupon's row as it is to be, if it has changed.</summary>
    public CouponView? ChangedRow => ReferenceEquals(_row, _stored) ? null : _row;

    /// <summary>Units that are new, by ticket. Those that were used at once say so.</summary>
    public IReadOnlyList<CouponIssue> NewIssues => _issues;

    /// <summary>What is used of the units that the read model holds already: each must find its row, unused.</summary>
    public IReadOnlyList<CouponUsed> Uses => _uses;

    /// <summary>What it means that a unique key refuses a row of <see cref="NewIssues"/>.</summary>
    public InvalidEventException IsHeldAlready(CouponIssue issue) =>
        Contradiction($"is issued to user {issue.UserId} with ticket {issue.Ticket}, but the user holds a unit of it already, or somebody that ticket");

    /// <summary>What it means that one of <see cref="Uses"/> finds no unused row.</summary>
    public InvalidEventException FindsNoUnit(CouponUsed used) =>
        Contradiction($"is used by user {used.UserId}, who does not hold ticket {used.Ticket} or has used it");

    protected override void Apply(Event happened)
    {
        switch (happened)
        {
            case CouponsIssued issued:
                Apply(issued);
                break;
            case CouponUsed used:
                Apply(used);
                break;
            case CouponChanged changed:
                Apply(changed);
                break;
            case IssuingStopped stopped:
                ApplyStopped(true, stopped.At);
                break;
            case IssuingResumed resumed:
                ApplyStopped(false, resumed.At);
                break;
            case CouponCreated created:
                Apply(created);
                break;
            // Rows show what is issued and used. Who holds what for which order, the coupon itself is asked.
            case CouponHeld or HoldReleased or HoldRefused:
                break;
            default:
                throw new ArgumentException($"The read model knows no event {happened.GetType().Name}.", nameof(happened));
        }
    }

    private void Apply(CouponCreated created)
    {
        if (_row is not null)
            throw Contradiction("is created a second time");
        RequireTitle(created.Policy.Title);
        _row = new CouponView(couponId, created.Policy, IssuedQuantity: 0, DateCreated: created.At, DateUpdated: created.At);
    }

    private void Apply(CouponChanged changed)
    {
        if (_row is null)
            throw Contradiction("is changed before it is created");
        if (changed.TotalQuantity < _row.IssuedQuantity)
            throw Contradiction($"is changed to a total of {changed.TotalQuantity} with {_row.IssuedQuantity} issued");
        RequireTitle(changed.Title);
        _row = _row with
        {
            Policy = _row.Policy with
            {
                Title = changed.Title,
                TotalQuantity = changed.TotalQuantity,
                DateIssueStart = changed.DateIssueStart,
                DateIssueEnd = changed.DateIssueEnd,
            },
            DateUpdated = changed.At,
        };
    }

    private void ApplyStopped(bool stopped, Timestamp at)
    {
        if (_row is null)
            throw Contradiction("is stopped or resumed before it is created");
        if (_row.Stopped == stopped)
            throw Contradiction(stopped ? "is stopped a second time" : "is resumed without having been stopped");
        _row = _row with { Stopped = stopped, DateUpdated = at };
    }

    private void Apply(CouponsIssued issued)
    {
        if (_row is null)
            throw Contradiction("is issued before it is created");
        // Inside an event, tickets are dense: its bytes can't say anything else.
        var last = issued.Issues[^1].Ticket;
        if (issued.Issues[0].Ticket != _row.IssuedQuantity + 1)
            throw Contradiction($"is issued with ticket {issued.Issues[0].Ticket} after ticket {_row.IssuedQuantity}");
        if (last > _row.Policy.TotalQuantity)
            throw Contradiction($"is issued beyond its total of {_row.Policy.TotalQuantity}");
        foreach (var issue in issued.Issues)
            _issues.Add(new CouponIssue(couponId, issue.UserId, issue.Ticket, issue.DateIssued));
        _row = _row with { IssuedQuantity = last };
    }

    private void Apply(CouponUsed used)
    {
        if (used.Ticket > (_row?.IssuedQuantity ?? 0))
            throw Contradiction($"is used by user {used.UserId}, who does not hold ticket {used.Ticket}");
        var index = _issues.Count == 0 ? -1 : used.Ticket - _issues[0].Ticket;
        if (index < 0)
        {
            _uses.Add(used);
            return;
        }

        var issue = _issues[(int)index];
        if (issue.UserId != used.UserId || issue.DateUsed is not null)
            throw FindsNoUnit(used);
        _issues[(int)index] = issue with { DateUsed = used.DateUsed };
    }

    // The journal may hold what the tables can't: its own rule is only that a title is not missing.
    private void RequireTitle(string title)
    {
        if (CouponPolicy.TitleLength(title) is var length and > CouponPolicy.MaxTitleLength)
            throw Contradiction($"has a title of {length} characters");
    }
}
