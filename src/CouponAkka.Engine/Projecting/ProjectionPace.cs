namespace CouponAkka.Engine.Projecting;

/// <summary>
/// How long a projection pauses after each pass. Users come in random order, so a transaction writes nearly a page of the index for each row,
/// unless it has many rows; and what it takes of disk and processor, issuing lacks. So the projection works a fifth of the time, and what gathers
/// meanwhile shares the pages: ADR 6.
/// </summary>
/// <param name="Shortest">At least so long, whatever a pass took.</param>
/// <param name="Longest">At most so long: what was issued is to be found in lists soon.</param>
public readonly record struct ProjectionPace(TimeSpan Shortest, TimeSpan Longest)
{
    private const int PauseForEachPass = 4;

    public TimeSpan PauseAfter(TimeSpan pass)
    {
        var pause = PauseForEachPass * pass;
        return pause < Shortest ? Shortest : pause > Longest ? Longest : pause;
    }
}
