namespace CouponAkka.Engine.Specs.Load;

/// <summary>What came of one request to issue.</summary>
public enum Outcome
{
    /// <summary>201: this request issued a unit.</summary>
    Issued,

    /// <summary>409: the user has one already, and this is it.</summary>
    Duplicate,

    /// <summary>409: none is left.</summary>
    SoldOut,

    /// <summary>409: not open yet, or ended.</summary>
    OutsidePeriod,

    /// <summary>409: stopped.</summary>
    Stopped,

    /// <summary>429 or 503: nothing was decided. Also a connection that was refused.</summary>
    NotDecided,

    /// <summary>503, or a connection that broke: it may have been decided or not.</summary>
    Unknown,
}

/// <summary>One request to issue and its answer.</summary>
/// <param name="Issue">The unit that the user holds, when the answer tells.</param>
/// <param name="Started">When the request began, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> counts.</param>
/// <param name="Ended">When the whole answer was there, in the same count.</param>
/// <param name="Connected">There was someone who answered.</param>
public sealed record Answer(long UserId, Outcome Outcome, Issue? Issue, long Started, long Ended, bool Connected)
{
    /// <summary>The user knows what they have.</summary>
    public bool Settles => Outcome is not (Outcome.NotDecided or Outcome.Unknown);

    public bool Refuses => Outcome is Outcome.SoldOut or Outcome.OutsidePeriod or Outcome.Stopped;
}
