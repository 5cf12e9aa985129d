namespace CouponAkka.Domain.Coupons;

/// <summary>
/// One coupon: decides each command from memory and evolves by events. <see cref="Decide"/> changes nothing;
/// <see cref="Evolve"/> looks at no clock. Deciding, replaying and testing use the same pair.
/// Not thread-safe: the coupon's one writer owns it.
/// </summary>
public sealed class Coupon(long couponId) : IEntity
{
    private const int RefusalsBeforeCreation = 1000;

    private readonly CouponHolders _holders = new();
    // Null until an order asks for a unit, which few coupons are ever asked.
    private CouponHolds? _holds;
    private CouponPolicy? _policy;
    private Timestamp _dateCreated;
    private Timestamp _dateUpdated;
    private bool _stopped;

    /// <inheritdoc/>
    public long Id => couponId;

    public bool Exists => _policy is not null;

    /// <summary>How many units are issued: as many as the highest ticket.</summary>
    public long IssuedQuantity => _holders.Count;

    /// <inheritdoc/>
    public long Weight => IssuedQuantity;

    /// <summary>Whether nobody new can be issued anything at <paramref name="now"/>, unless the coupon is changed.</summary>
    public bool IsClosedAt(Timestamp now) => _policy is not null && (_stopped || IssuedQuantity >= _policy.Limit || !_policy.IsOpenAt(now));

    /// <inheritdoc/>
    public Decision Decide(Command command, Timestamp now)
    {
        if (command is CreateCoupon create)
            return DecideCreate(create, now);
        if (_policy is null)
            return command is HoldUnit early ? RefuseHold(early, RefusalReason.CouponNotExist, now) : Refuse(RefusalReason.CouponNotExist);
        return command switch
        {
            IssueCoupon issue => DecideIssue(_policy, issue, now),
            ChangeCoupon change => DecideChange(_policy, change, now),
            StopIssuing => DecideStopped(true, now),
            ResumeIssuing => DecideStopped(false, now),
            UseCoupon use => DecideUse(_policy, use, now),
            HoldUnit hold => DecideHold(_policy, hold, now),
            ReleaseUnit release => DecideRelease(release, now),
            UseHeldUnit use => DecideUseHeld(_policy, use, now),
            FindIssue find => new(_holders.Find(find.UserId) is { } ticket
                ? new IssueFound(IssueOf(ticket))
                : new Refused(RefusalReason.IssueNotExist)),
            GetCoupon => new(new CouponFound(View()!)),
            GetStatus => new(new StatusIs(StatusAt(_policy, now))),
            _ => throw new ArgumentException($"A coupon knows no command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <inheritdoc/>
    public void Evolve(Event happened)
    {
        switch (happened)
        {
            case CouponsIssued issued:
                foreach (var issue in issued.Issues)
                    Evolve(issue);
                break;
            case CouponUsed used:
                Evolve(used);
                break;
            case CouponHeld held:
                Evolve(held);
                break;
            case HoldReleased released:
                if (!Holds.TryEnd(released.OrderId, HoldState.Released, out var free) || free.Ticket != released.Ticket)
                    throw Contradiction($"releases ticket {released.Ticket}, which is not held by order {released.OrderId}");
                break;
            case HoldRefused refused:
                if (!Holds.TryRefuse(refused.OrderId))
                    throw Contradiction($"refuses order {refused.OrderId} a second time");
                break;
            case CouponChanged changed:
                Evolve(changed);
                break;
            case IssuingStopped stopped:
                EvolveStopped(true, stopped.At);
                break;
            case IssuingResumed resumed:
                EvolveStopped(false, resumed.At);
                break;
            case CouponCreated created:
                if (_policy is not null)
                    throw Contradiction("is created a second time");
                _policy = created.Policy;
                _dateCreated = _dateUpdated = created.At;
                break;
            default:
                throw new ArgumentException($"A coupon knows no event {happened.GetType().Name}.", nameof(happened));
        }
    }

    /// <inheritdoc cref="IEntity.TakeSnapshot"/>
    public CouponSnapshot TakeSnapshot() => new(
        View() ?? throw new InvalidOperationException("A coupon that does not exist has no snapshot."),
        _holders.Freeze())
    {
        Holds = _holds?.ToArray() ?? [],
    };

    Snapshot IEntity.TakeSnapshot() => TakeSnapshot();

    /// <summary>The coupon as it was when <paramref name="snapshot"/> was taken.</summary>
    /// <exception cref="InvalidEventException">The snapshot contradicts itself: it is damaged.</exception>
    public static Coupon From(CouponSnapshot snapshot)
    {
        var coupon = new Coupon(snapshot.Coupon.CouponId);
        coupon._policy = snapshot.Coupon.Policy;
        coupon._dateCreated = snapshot.Coupon.DateCreated;
        coupon._dateUpdated = snapshot.Coupon.DateUpdated;
        coupon._stopped = snapshot.Coupon.Stopped;
        foreach (var holder in snapshot.Holders)
        {
            coupon.Evolve(new CouponIssued(holder.UserId, holder.Ticket, holder.DateIssued));
            if (holder.DateUsed is { } used)
                coupon._holders.Use(holder.Ticket, used);
        }

        foreach (var hold in snapshot.Holds)
        {
            var isHeld = hold.State != HoldState.Held || (hold.Ticket <= coupon.IssuedQuantity && coupon._holders.DateUsed(hold.Ticket) is null);
            if (!isHeld || !coupon.Holds.TryAdd(hold))
                throw coupon.Contradiction($"has a snapshot with a hold of order {hold.OrderId} that can't be");
        }

        if (coupon.IssuedQuantity != snapshot.Coupon.IssuedQuantity)
            throw coupon.Contradiction("has a snapshot with holders missing");
        return coupon;
    }

    private Decision DecideCreate(CreateCoupon create, Timestamp now)
    {
        if (_policy is not null)
            return _policy == create.Policy ? new(new CouponStands(View()!)) : Refuse(RefusalReason.CouponAlreadyExist);
        if (!CouponPolicy.IsPeriod(create.Policy.DateIssueStart, create.Policy.DateIssueEnd))
            return Refuse(RefusalReason.InvalidPeriod);
        var created = new CouponView(couponId, create.Policy, 0, now, now);
        return new(new CouponStands(created, Created: true), new CouponCreated(create.Policy, now));
    }

    private Decision DecideChange(CouponPolicy policy, ChangeCoupon change, Timestamp now)
    {
        if (change.IfUpdatedAt is { } known && known != _dateUpdated)
            return new(new Refused(RefusalReason.CouponChanged, Coupon: View()));
        var changed = policy with
        {
            Title = change.Title ?? policy.Title,
            TotalQuantity = change.TotalQuantity is { } total ? total.Quantity : policy.TotalQuantity,
            DateIssueStart = change.DateIssueStart ?? policy.DateIssueStart,
            DateIssueEnd = change.DateIssueEnd ?? policy.DateIssueEnd,
        };
        if (changed == policy)
            return new(new CouponStands(View()!));
        if (!CouponPolicy.IsPeriod(changed.DateIssueStart, changed.DateIssueEnd))
            return Refuse(RefusalReason.InvalidPeriod);
        if (changed.TotalQuantity < IssuedQuantity)
            return Refuse(RefusalReason.TotalBelowIssued);
        var at = NextUpdate(now);
        return new(
            new CouponStands(View()! with { Policy = changed, DateUpdated = at }),
            new CouponChanged(changed.Title, changed.TotalQuantity, changed.DateIssueStart, changed.DateIssueEnd, at));
    }

    private Decision DecideStopped(bool stopped, Timestamp now)
    {
        if (_stopped == stopped)
            return new(new CouponStands(View()!));
        var at = NextUpdate(now);
        return new(
            new CouponStands(View()! with { Stopped = stopped, DateUpdated = at }),
            stopped ? new IssuingStopped(at) : new IssuingResumed(at));
    }

    /// <summary>Duplicate first, so that a retry always learns what the first try got; then stopped before quantity before period.</summary>
    private Decision DecideIssue(CouponPolicy policy, IssueCoupon issue, Timestamp now)
    {
        if (_holders.Find(issue.UserId) is { } held)
            return new(new Refused(RefusalReason.DuplicatedIssue, IssueOf(held)));
        if (_stopped)
            return Refuse(RefusalReason.Stopped);
        if (IssuedQuantity >= policy.Limit)
            return Refuse(RefusalReason.SoldOut);
        if (!policy.IsOpenAt(now))
            return Refuse(RefusalReason.OutsidePeriod);
        var ticket = IssuedQuantity + 1;
        var at = ticket == 1 ? now : Later(now, _holders.DateIssued(IssuedQuantity));
        return new(
            new Issued(new CouponIssue(couponId, issue.UserId, ticket, at)),
            new CouponsIssued([new CouponIssued(issue.UserId, ticket, at)]));
    }

    private Decision DecideUse(CouponPolicy policy, UseCoupon use, Timestamp now)
    {
        if (_holders.Find(use.UserId) is not { } ticket)
            return Refuse(RefusalReason.IssueNotExist);
        var issue = IssueOf(ticket);
        if (issue.DateUsed is not null)
            return new(new Refused(RefusalReason.AlreadyUsed, issue));
        if (issue.HeldBy is not null)
            return new(new Refused(RefusalReason.CouponHeld, issue));
        if (use.OrderAmount < policy.MinAvailableAmount)
            return Refuse(RefusalReason.OrderTooSmall);
        var at = Later(now, issue.DateIssued);
        return new(
            new Used(issue with { DateUsed = at }),
            new CouponUsed(use.UserId, ticket, use.OrderAmount, policy.DiscountAmount, policy.VendorId, at));
    }

    private Decision DecideHold(CouponPolicy policy, HoldUnit hold, Timestamp now)
    {
        if (_holds?.Knows(hold.OrderId) == true)
            return new(HoldHeard.Instance);
        if (_holders.Find(hold.UserId) is not { } ticket)
            return RefuseHold(hold, RefusalReason.IssueNotExist, now);
        var issue = IssueOf(ticket);
        if (issue.DateUsed is not null)
            return RefuseHold(hold, RefusalReason.AlreadyUsed, now);
        if (issue.HeldBy is not null)
            return RefuseHold(hold, RefusalReason.CouponHeld, now);
        if (hold.OrderAmount < policy.MinAvailableAmount)
            return RefuseHold(hold, RefusalReason.OrderTooSmall, now);
        var discount = Math.Min(policy.DiscountAmount, hold.OrderAmount);
        return new(
            HoldHeard.Instance,
            new CouponHeld(hold.UserId, ticket, hold.OrderId, hold.OrderAmount, discount, Later(now, issue.DateIssued)));
    }

    // Also where the coupon does not exist yet, lest the order wait for its time-out. Only so often: such events are in no snapshot.
    private Decision RefuseHold(HoldUnit hold, RefusalReason reason, Timestamp now)
    {
        if (_holds?.Knows(hold.OrderId) == true)
            return new(HoldHeard.Instance);
        if (_policy is null && _holds?.Count >= RefusalsBeforeCreation)
            return Refuse(reason);
        return new(HoldHeard.Instance, new HoldRefused(hold.OrderId, reason, now));
    }

    private Decision DecideRelease(ReleaseUnit release, Timestamp now) => new(
        HoldHeard.Instance,
        _holds?.Of(release.OrderId) is { } held ? new HoldReleased(held.Ticket, release.OrderId, now) : null);

    private Decision DecideUseHeld(CouponPolicy policy, UseHeldUnit use, Timestamp now)
    {
        if (_holds?.Of(use.OrderId) is not { } held)
            return new(HoldHeard.Instance);
        var at = Later(now, _holders.DateIssued(held.Ticket));
        return new(
            HoldHeard.Instance,
            new CouponUsed(
                _holders.UserId(held.Ticket), held.Ticket, held.OrderAmount, held.DiscountAmount, policy.VendorId, at, use.OrderId));
    }

    private void Evolve(CouponHeld held)
    {
        if (_holders.Find(held.UserId) != held.Ticket || _holders.DateUsed(held.Ticket) is not null)
            throw Contradiction($"holds ticket {held.Ticket}, which user {held.UserId} does not hold or has used");
        if (!Holds.TryAdd(new(held.OrderId, HoldState.Held, held.Ticket, held.OrderAmount, held.DiscountAmount)))
            throw Contradiction($"holds ticket {held.Ticket} for order {held.OrderId} a second time, or for a second order");
    }

    private void Evolve(CouponIssued issue)
    {
        if (_policy is null)
            throw Contradiction("is issued before it is created");
        if (issue.Ticket != IssuedQuantity + 1)
            throw Contradiction($"is issued with ticket {issue.Ticket} after ticket {IssuedQuantity}");
        if (issue.Ticket > _policy.TotalQuantity)
            throw Contradiction($"is issued beyond its total of {_policy.TotalQuantity}");
        if (!_holders.TryAdd(issue.UserId, issue.DateIssued))
            throw Contradiction($"is issued to user {issue.UserId} a second time");
    }

    private void Evolve(CouponUsed used)
    {
        if (_holders.Find(used.UserId) != used.Ticket)
            throw Contradiction($"is used by user {used.UserId}, who does not hold ticket {used.Ticket}");
        if (_holders.DateUsed(used.Ticket) is not null)
            throw Contradiction($"is used by user {used.UserId} a second time");
        if (_holds?.HolderOf(used.Ticket) != used.OrderId)
            throw Contradiction($"is used by user {used.UserId}, whose unit is not held for just that");
        if (used.OrderId is { } orderId)
            Holds.TryEnd(orderId, HoldState.Used, out _);
        _holders.Use(used.Ticket, used.DateUsed);
    }

    private void Evolve(CouponChanged changed)
    {
        if (_policy is null)
            throw Contradiction("is changed before it is created");
        if (changed.TotalQuantity < IssuedQuantity)
            throw Contradiction($"is changed to a total of {changed.TotalQuantity} with {IssuedQuantity} issued");
        _policy = _policy with
        {
            Title = changed.Title,
            TotalQuantity = changed.TotalQuantity,
            DateIssueStart = changed.DateIssueStart,
            DateIssueEnd = changed.DateIssueEnd,
        };
        _dateUpdated = changed.At;
    }

    private void EvolveStopped(bool stopped, Timestamp at)
    {
        if (_policy is null)
            throw Contradiction("is stopped or resumed before it is created");
        if (_stopped == stopped)
            throw Contradiction(stopped ? "is stopped a second time" : "is resumed without having been stopped");
        _stopped = stopped;
        _dateUpdated = at;
    }

    private CouponHolds Holds => _holds ??= new();

    private CouponView? View() =>
        _policy is null ? null : new(couponId, _policy, IssuedQuantity, _dateCreated, _dateUpdated, _stopped);

    // A clock may be set back, or be another node's. What is recorded never goes back with it: a unit is not used before it is issued, tickets and
    // changes follow each other. Whether the period is open is the clock's alone to say.
    private static Timestamp Later(Timestamp now, Timestamp last) => now > last ? now : last;

    private Timestamp NextUpdate(Timestamp now) => Later(now, _dateUpdated.Plus(TimeSpan.FromMicroseconds(1)));

    private CouponIssue IssueOf(long ticket) =>
        new(couponId, _holders.UserId(ticket), ticket, _holders.DateIssued(ticket), _holders.DateUsed(ticket), _holds?.HolderOf(ticket));

    private CouponStatus StatusAt(CouponPolicy policy, Timestamp now) => new(
        couponId,
        _stopped ? CouponState.Stopped
        : IssuedQuantity >= policy.Limit ? CouponState.SoldOut
        : now < policy.DateIssueStart ? CouponState.NotOpen
        : now >= policy.DateIssueEnd ? CouponState.Ended
        : CouponState.Open,
        IssuedQuantity,
        policy.TotalQuantity);

    private static Decision Refuse(RefusalReason reason) => new(new Refused(reason));

    private InvalidEventException Contradiction(string what) => new($"Coupon {couponId} {what}.");
}

/// <summary>A coupon at one moment: <see cref="Coupon.From"/> makes it live again.</summary>
/// <param name="Holders">By ticket, without a hole.</param>
public sealed record CouponSnapshot(CouponView Coupon, IEnumerable<CouponHolder> Holders) : Snapshot
{
    /// <summary>Every order that has ever asked for a unit.</summary>
    public IReadOnlyList<CouponHold> Holds { get; init; } = [];
}
