namespace CouponAkka.Sharded.Membership;

/// <summary>
/// Who lives, by rows that change as long as they are looked at. No two clocks are compared: all times are those of one monotonic clock of this process.
/// A time in which nobody looked proves nobody dead.
/// </summary>
internal sealed class Beats
{
    /// <summary>Looks further apart than this begin anew.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private TimeSpan _looked = TimeSpan.MinValue;

    /// <summary>Takes all rows of one look.</summary>
    public void Saw(IEnumerable<MemberRow> rows, TimeSpan now)
    {
        if (_looked > TimeSpan.MinValue && now - _looked > Gap)
            Blind();
        _looked = now;
        var gone = _watched.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            gone.Remove(row.Address);
            var before = _watched.GetValueOrDefault(row.Address);
            if (before?.Row != row)
                _watched[row.Address] = new(row, now, HasChanged: before is not null);
        }

        foreach (var address in gone)
            _watched.Remove(address);
    }

    /// <summary>For how long its row has not changed, or null if there is none.</summary>
    public TimeSpan? SilentFor(string address) => _watched.TryGetValue(address, out var watched) ? _looked - watched.Since : null;

    /// <summary>Whether its row has changed while it was looked at: it lived then.</summary>
    public bool HasChanged(string address) => _watched.TryGetValue(address, out var watched) && watched.HasChanged;

    /// <summary>The database could not be asked.</summary>
    public void Blind() => _watched.Clear();

    private sealed record Watched(MemberRow Row, TimeSpan Since, bool HasChanged);
}
