namespace CouponAkka.Engine.Payments;

/// <summary>
/// Who takes money for an order, and gives it back. Every ask is made under the order's id as key: asked any number of times, from any process, it takes
/// once and gives back once; once asked to give back, it takes nothing for that order any more. Asks end by themselves, after some time at most, and throw
/// only when they are canceled. Of one order one ask is made at a time, of others any number. An answer that is not certain is Unknown: it is asked again.
/// </summary>
public interface IPaymentProvider
{
    /// <summary>Takes the amount for the order, unless that is done already.</summary>
    /// <param name="amount">More than 0.</param>
    Task<TakeOutcome> TakeAsync(long orderId, long amount, CancellationToken cancel);

    /// <summary>Gives back what was taken for the order, if anything, and takes nothing that is asked later.</summary>
    Task<GiveBackOutcome> GiveBackAsync(long orderId, CancellationToken cancel);
}

/// <summary>What came of taking.</summary>
public enum TakeOutcome
{
    /// <summary>It may be taken, or not, now or later.</summary>
    Unknown,

    /// <summary>It is taken.</summary>
    Taken,

    /// <summary>Nothing is taken, and nothing will be.</summary>
    Declined,
}

/// <summary>What came of giving back.</summary>
public enum GiveBackOutcome
{
    /// <summary>It may be given back, or not, now or later.</summary>
    Unknown,

    /// <summary>Nothing is taken, or all is given back, and nothing will be taken.</summary>
    GivenBack,
}
