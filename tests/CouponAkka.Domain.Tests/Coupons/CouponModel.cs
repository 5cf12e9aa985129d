using CouponAkka.Domain.Coupons;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>What a coupon should answer, written as plainly as can be: a list, no events and nothing fast.</summary>
internal sealed class CouponModel(long couponId)
{
    private readonly List<CouponIssue> _issues = [];
    private readonly HashSet<long> _ordersHeard = [];
    private CouponPolicy? _policy;
    private Timestamp _created;
    private Timestamp _updated;
    private bool _stopped;

    public CouponReply Answer(CouponCommand command, Timestamp now)
    {
        if (command is CreateCoupon create)
            return Create(create.Policy, now);
        if (command is HoldUnit hold)
            return Hold(hold);
        if (_policy is null)
            return new Refused(RefusalReason.CouponNotExist);
        switch (command)
        {
            case ChangeCoupon change:
                return Change(_policy, change, now);
            case StopIssuing:
                return Stop(true, now);
            case ResumeIssuing:
                return Stop(false, now);
            case GetCoupon:
                return new CouponFound(View());
            case IssueCoupon issue:
                return Issue(_policy, issue.UserId, now);
            case UseCoupon use:
                return Use(_policy, use, now);
            case ReleaseUnit release:
                return EndHold(release.OrderId, held => held with { HeldBy = null });
            case UseHeldUnit use:
                return EndHold(use.OrderId, held => held with { HeldBy = null, DateUsed = now < held.DateIssued ? held.DateIssued : now });
            case FindIssue find:
                var found = _issues.Find(held => held.UserId == find.UserId);
                return found is null ? new Refused(RefusalReason.IssueNotExist) : new IssueFound(found);
            default:
                Assert.IsType<GetStatus>(command);
                return new StatusIs(new CouponStatus(couponId, StateAt(_policy, now), _issues.Count, _policy.TotalQuantity));
        }
    }

    private CouponReply Create(CouponPolicy policy, Timestamp now)
    {
        if (_policy is not null)
            return _policy == policy ? new CouponStands(View()) : new Refused(RefusalReason.CouponAlreadyExist);
        if (policy.DateIssueStart >= policy.DateIssueEnd)
            return new Refused(RefusalReason.InvalidPeriod);
        _policy = policy;
        _created = now;
        _updated = now;
        return new CouponStands(View(), Created: true);
    }

    private CouponStands Stop(bool stopped, Timestamp now)
    {
        if (_stopped != stopped)
            _updated = AfterTheUpdateBefore(now);
        _stopped = stopped;
        return new CouponStands(View());
    }

    private CouponReply Change(CouponPolicy policy, ChangeCoupon change, Timestamp now)
    {
        if (change.IfUpdatedAt is not null && change.IfUpdatedAt != _updated)
            return new Refused(RefusalReason.CouponChanged, Coupon: View());
        var title = change.Title ?? policy.Title;
        var total = change.TotalQuantity.HasValue ? change.TotalQuantity.Value.Quantity : policy.TotalQuantity;
        var start = change.DateIssueStart ?? policy.DateIssueStart;
        var end = change.DateIssueEnd ?? policy.DateIssueEnd;
        if (title == policy.Title && total == policy.TotalQuantity && start == policy.DateIssueStart && end == policy.DateIssueEnd)
            return new CouponStands(View());
        if (start >= end)
            return new Refused(RefusalReason.InvalidPeriod);
        if (total is not null && total < _issues.Count)
            return new Refused(RefusalReason.TotalBelowIssued);
        _policy = policy with { Title = title, TotalQuantity = total, DateIssueStart = start, DateIssueEnd = end };
        _updated = AfterTheUpdateBefore(now);
        return new CouponStands(View());
    }

    private Timestamp AfterTheUpdateBefore(Timestamp now) => now > _updated ? now : _updated.Plus(1);

    private CouponReply Issue(CouponPolicy policy, long user, Timestamp now)
    {
        if (_issues.Find(held => held.UserId == user) is { } held)
            return new Refused(RefusalReason.DuplicatedIssue, held);
        if (_stopped)
            return new Refused(RefusalReason.Stopped);
        if (policy.TotalQuantity is not null && _issues.Count == policy.TotalQuantity)
            return new Refused(RefusalReason.SoldOut);
        if (now < policy.DateIssueStart || now >= policy.DateIssueEnd)
            return new Refused(RefusalReason.OutsidePeriod);
        var lastIssued = _issues.Count == 0 ? now : _issues[^1].DateIssued;
        var issue = new CouponIssue(couponId, user, _issues.Count + 1, now < lastIssued ? lastIssued : now);
        _issues.Add(issue);
        return new Issued(issue);
    }

    private CouponReply Use(CouponPolicy policy, UseCoupon use, Timestamp now)
    {
        var index = _issues.FindIndex(held => held.UserId == use.UserId);
        if (index < 0)
            return new Refused(RefusalReason.IssueNotExist);
        if (_issues[index].DateUsed is not null)
            return new Refused(RefusalReason.AlreadyUsed, _issues[index]);
        if (_issues[index].HeldBy is not null)
            return new Refused(RefusalReason.CouponHeld, _issues[index]);
        if (use.OrderAmount is not null && use.OrderAmount < policy.MinAvailableAmount)
            return new Refused(RefusalReason.OrderTooSmall);
        _issues[index] = _issues[index] with { DateUsed = now < _issues[index].DateIssued ? _issues[index].DateIssued : now };
        return new Used(_issues[index]);
    }

    private HoldHeard Hold(HoldUnit hold)
    {
        var index = _issues.FindIndex(held => held.UserId == hold.UserId);
        var isFree = index >= 0 && _issues[index].DateUsed is null && _issues[index].HeldBy is null;
        if (_ordersHeard.Add(hold.OrderId) && isFree && hold.OrderAmount >= _policy!.MinAvailableAmount)
            _issues[index] = _issues[index] with { HeldBy = hold.OrderId };
        return HoldHeard.Instance;
    }

    private HoldHeard EndHold(long orderId, Func<CouponIssue, CouponIssue> end)
    {
        var index = _issues.FindIndex(held => held.HeldBy == orderId);
        if (index >= 0)
            _issues[index] = end(_issues[index]);
        return HoldHeard.Instance;
    }

    private CouponState StateAt(CouponPolicy policy, Timestamp now)
    {
        if (_stopped)
            return CouponState.Stopped;
        if (policy.TotalQuantity is not null && _issues.Count == policy.TotalQuantity)
            return CouponState.SoldOut;
        if (now < policy.DateIssueStart)
            return CouponState.NotOpen;
        return now < policy.DateIssueEnd ? CouponState.Open : CouponState.Ended;
    }

    private CouponView View() => new(couponId, _policy!, _issues.Count, _created, _updated, _stopped);
}
