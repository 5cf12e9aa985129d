using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.ReadModel;

namespace CouponAkka.Sharded.Projection;

/// <summary>
/// One coupon's part of a transaction: starts from what the read model holds, takes events in their order, and collects the rows that
/// they change. No I/O. Whether a user holds a unit already is for the table's unique key to say.
/// </summary>
internal sealed class CouponProjection(long couponId, CouponRow? stored, CouponProgress progress)
{
    private readonly CouponRow? _stored = stored;
    private readonly CouponProgress _storedProgress = progress;
    private readonly List<IssueRow> _issues = [];

    public long CouponId => couponId;

    public CouponProgress Progress { get; private set; } = progress;

    public bool HasProgressed => Progress != _storedProgress;

    /// <summary>The coupon's row as it is to be, if it has changed.</summary>
    public CouponRow? ChangedRow => ReferenceEquals(Row, _stored) ? null : Row;

    /// <summary>Units that are new, by ticket. Those that were used at once say so.</summary>
    public IReadOnlyList<IssueRow> NewIssues => _issues;

    /// <summary>What is used of the units that the read model holds already.</summary>
    public List<CouponUsed> Uses { get; } = [];

    private CouponRow? Row { get; set; } = stored;

    /// <summary>Applies the next event: all of it, or nothing if it throws.</summary>
    /// <param name="happened">Null for one that changes nothing.</param>
    /// <exception cref="InvalidEventException">It contradicts what was applied before.</exception>
    public void Apply(long sequenceNumber, CouponEvent? happened)
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
            case null:
                break;
            default:
                throw new ArgumentException($"The read model knows no event {happened.GetType().Name}.", nameof(happened));
        }

        Progress = new(sequenceNumber, null);
    }

    public void Park(string because) => Progress = Progress with { ParkedBecause = because };

    private void Apply(CouponCreated created)
    {
        if (Row is not null)
            throw Contradiction("is created a second time");
        var policy = created.Policy;
        Row = new CouponRow
        {
            Id = couponId,
            Title = policy.Title,
            TotalQuantity = policy.TotalQuantity,
            DiscountAmount = policy.DiscountAmount,
            MinAvailableAmount = policy.MinAvailableAmount,
            VendorId = policy.VendorId,
            DateIssueStart = policy.DateIssueStart,
            DateIssueEnd = policy.DateIssueEnd,
            DateCreated = created.At,
            DateUpdated = created.At,
        };
    }

    private void Apply(CouponChanged changed)
    {
        if (Row is null)
            throw Contradiction("is changed before it is created");
        if (changed.TotalQuantity < Row.IssuedQuantity)
            throw Contradiction($"is changed to a total of {changed.TotalQuantity} with {Row.IssuedQuantity} issued");
        Row = Row with
        {
            Title = changed.Title,
            TotalQuantity = changed.TotalQuantity,
            DateIssueStart = changed.DateIssueStart,
            DateIssueEnd = changed.DateIssueEnd,
            DateUpdated = changed.At,
        };
    }

    private void ApplyStopped(bool stopped, Timestamp at)
    {
        if (Row is null)
            throw Contradiction("is stopped or resumed before it is created");
        if (Row.Stopped == stopped)
            throw Contradiction(stopped ? "is stopped a second time" : "is resumed without having been stopped");
        Row = Row with { Stopped = stopped, DateUpdated = at };
    }

    private void Apply(CouponsIssued issued)
    {
        if (Row is null)
            throw Contradiction("is issued before it is created");
        // Inside an event, tickets are dense: its bytes can't say anything else.
        var last = issued.Issues[^1].Ticket;
        if (issued.Issues[0].Ticket != Row.IssuedQuantity + 1)
            throw Contradiction($"is issued with ticket {issued.Issues[0].Ticket} after ticket {Row.IssuedQuantity}");
        if (last > Row.TotalQuantity)
            throw Contradiction($"is issued beyond its total of {Row.TotalQuantity}");
        foreach (var issue in issued.Issues)
        {
            _issues.Add(new IssueRow
            {
                CouponId = couponId,
                Ticket = issue.Ticket,
                UserId = issue.UserId,
                DateIssued = issue.DateIssued,
                DateCreated = issue.DateIssued,
                DateUpdated = issue.DateIssued,
            });
        }

        Row = Row with { IssuedQuantity = last };
    }

    private void Apply(CouponUsed used)
    {
        var index = _issues.Count == 0 ? -1 : used.Ticket - _issues[0].Ticket;
        if (index < 0)
        {
            if (used.Ticket > (Row?.IssuedQuantity ?? 0))
                throw DoesNotHold();
            Uses.Add(used);
            return;
        }

        if (index >= _issues.Count || _issues[(int)index] is var issue && issue.UserId != used.UserId)
            throw DoesNotHold();
        if (issue.DateUsed is not null)
            throw Contradiction($"is used by user {used.UserId} a second time");
        _issues[(int)index] = issue with { DateUsed = used.DateUsed, DateUpdated = used.DateUsed };

        InvalidEventException DoesNotHold() => Contradiction($"is used by user {used.UserId}, who does not hold ticket {used.Ticket}");
    }

    private InvalidEventException Contradiction(string what) => new($"Coupon {couponId} {what}.");
}

/// <summary>The number of the last event applied, and why no further, where the next one can't be.</summary>
internal readonly record struct CouponProgress(long SequenceNumber, string? ParkedBecause);
