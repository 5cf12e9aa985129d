using System.Diagnostics.CodeAnalysis;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Domain.Vendors;

/// <summary>
/// One vendor: paid for each unit used of the coupons that name it, whether it has a name itself yet or not. Until it has, there is none for who asks.
/// </summary>
public sealed class Vendor(long vendorId) : IEntity
{
    /// <summary>The name of the kind.</summary>
    public const string Kind = "vendor";

    private readonly Watermarks _taken = new();
    private string? _name;
    private Timestamp _dateCreated;
    private Timestamp _dateUpdated;
    private Timestamp _lastEvent;
    private long _balance;
    private long _couponsUsed;

    private Vendor(VendorSnapshot snapshot)
        : this(snapshot.VendorId)
    {
        _taken = new Watermarks(snapshot.Taken);
        (_name, _dateCreated, _dateUpdated) = (snapshot.Name, snapshot.DateCreated, snapshot.DateUpdated);
        (_balance, _couponsUsed, _lastEvent) = (snapshot.Balance, snapshot.CouponsUsed, snapshot.LastEvent);
    }

    /// <inheritdoc/>
    public long Id => vendorId;

    /// <inheritdoc/>
    public bool Exists => _name is not null || _couponsUsed > 0;

    /// <inheritdoc/>
    public long Weight => _taken.Count;

    /// <summary>Whether people can read it as a name, as they can a coupon's title.</summary>
    public static bool IsName([NotNullWhen(true)] string? name) => CouponPolicy.IsTitle(name);

    /// <inheritdoc/>
    public Decision Decide(Command command, Timestamp now) => command switch
    {
        CreditVendor credit => DecideCredit(credit, now),
        PutVendor put => DecidePut(put, now),
        GetVendor => new(_name is null ? new VendorRefused(VendorRefusal.NotExist) : new VendorFound(View(_name))),
        _ => throw new ArgumentException($"A vendor knows no command {command.GetType().Name}.", nameof(command)),
    };

    /// <inheritdoc/>
    public void Evolve(Event happened)
    {
        switch (happened)
        {
            case VendorCredited credited:
                Evolve(credited);
                break;
            case VendorNamed named:
                Evolve(named);
                break;
            default:
                throw new ArgumentException($"A vendor knows no event {happened.GetType().Name}.", nameof(happened));
        }
    }

    /// <inheritdoc cref="IEntity.TakeSnapshot"/>
    public VendorSnapshot TakeSnapshot() => Exists
        ? new(vendorId, _name, _dateCreated, _dateUpdated, _balance, _couponsUsed, _taken.ToArray(), _lastEvent)
        : throw new InvalidOperationException("A vendor that does not exist has no snapshot.");

    Snapshot IEntity.TakeSnapshot() => TakeSnapshot();

    /// <summary>The vendor as it was when <paramref name="snapshot"/> was taken.</summary>
    /// <exception cref="InvalidEventException">The snapshot contradicts itself: it is damaged.</exception>
    public static Vendor From(VendorSnapshot snapshot)
    {
        var vendor = new Vendor(snapshot);
        // Each source was taken for a unit at least.
        return vendor.Exists && vendor._taken.Count <= vendor._couponsUsed && (vendor._taken.Count > 0 || vendor._couponsUsed == 0)
            ? vendor
            : throw vendor.Contradiction($"has a snapshot of {vendor._couponsUsed} payouts from {vendor._taken.Count} sources");
    }

    private Decision DecidePut(PutVendor put, Timestamp now)
    {
        if (_name == put.Name)
            return new(new VendorSaved(View(_name)));
        var at = Later(now);
        var saved = View(put.Name) with { DateCreated = _name is null ? at : _dateCreated, DateUpdated = at };
        return new(new VendorSaved(saved, Created: _name is null), new VendorNamed(put.Name, _balance, _couponsUsed, at));
    }

    private Decision DecideCredit(CreditVendor credit, Timestamp now)
    {
        if (_taken.Has(credit.Cause))
            return new(Credited.Instance);
        // A payout is neither dropped nor cut: it waits, and is named among what waits, for whoever can tell how such a balance came about.
        if (credit.Amount > long.MaxValue - _balance)
            return new(VendorReply.Unavailable);
        return new(Credited.Instance, new VendorCredited(
            credit.Cause, _couponsUsed + 1, credit.CouponId, credit.UserId, credit.Ticket, credit.OrderId, credit.Amount, Later(now)));
    }

    private void Evolve(VendorCredited credited)
    {
        if (credited.Number != _couponsUsed + 1)
            throw Contradiction($"is paid number {credited.Number} after number {_couponsUsed}");
        if (credited.Amount < 0 || credited.Amount > long.MaxValue - _balance)
            throw Contradiction($"is paid {credited.Amount} to a balance of {_balance}");
        _taken.Take(credited.Cause);
        _balance += credited.Amount;
        _couponsUsed++;
        _lastEvent = credited.At;
    }

    private void Evolve(VendorNamed named)
    {
        if ((named.Balance, named.CouponsUsed) != (_balance, _couponsUsed))
            throw Contradiction($"is named with {named.Balance} of {named.CouponsUsed} payouts, where {_balance} of {_couponsUsed} have been paid");
        if (_name is null)
            _dateCreated = named.At;
        _name = named.Name;
        _dateUpdated = _lastEvent = named.At;
    }

    private VendorView View(string name) => new(vendorId, name, _balance, _couponsUsed, _dateCreated, _dateUpdated);

    // A clock may be set back, or be another node's: what is recorded never goes back with it.
    private Timestamp Later(Timestamp now) => !Exists || now > _lastEvent ? now : _lastEvent;

    private InvalidEventException Contradiction(string what) => new($"Vendor {vendorId} {what}.");
}

/// <summary>A vendor at one moment: <see cref="Vendor.From"/> makes it live again.</summary>
/// <param name="Name">Null for none yet. The dates after it then say nothing.</param>
/// <param name="Taken">The last event that it was paid for, of each source.</param>
/// <param name="LastEvent">When something last happened to it.</param>
public sealed record VendorSnapshot(
    long VendorId,
    string? Name,
    Timestamp DateCreated,
    Timestamp DateUpdated,
    long Balance,
    long CouponsUsed,
    IReadOnlyList<Cause> Taken,
    Timestamp LastEvent) : Snapshot;
