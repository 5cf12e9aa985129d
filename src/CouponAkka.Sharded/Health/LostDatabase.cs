namespace CouponAkka.Sharded.Health;

/// <summary>
/// Whether this node alone has lost the database: its journal can't be written while another node's can, for so long that it is no coincidence. All
/// times are those of one monotonic clock.
/// </summary>
/// <param name="patience">How long both must hold without a break. When the database comes back, the nodes notice one after another.</param>
/// <param name="silence">Who has not said for so long that its journal can be written is not counted.</param>
internal sealed class LostDatabase(TimeSpan patience, TimeSpan silence)
{
    private TimeSpan? _failingSince;
    private TimeSpan? _othersSince;
    private TimeSpan _othersHeard;

    /// <summary>This node has tried to write, and knows now what came of it.</summary>
    public void Tried(bool written, TimeSpan now) => _failingSince = written ? null : _failingSince ?? now;

    /// <summary>Another node has said that it could write just now.</summary>
    public void OtherCanWrite(TimeSpan now)
    {
        if (_othersSince is null || now - _othersHeard > silence)
            _othersSince = now;
        _othersHeard = now;
    }

    /// <summary>Whether to make way for the others.</summary>
    public bool IsOursAlone(TimeSpan now) =>
        _failingSince is { } failing && _othersSince is { } others && now - _othersHeard <= silence && now - (failing > others ? failing : others) >= patience;
}
