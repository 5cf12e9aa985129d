namespace CouponAkka.Engine.Writing;

/// <summary>What a coupon was recovered from: the snapshot's number of issues and the events replayed after it.</summary>
public readonly record struct RecoveredFrom(long SequenceNumber, long IssuedInSnapshot, int EventsReplayed);

/// <summary>
/// When a coupon is due for a snapshot: when replay would grow past a fixed number of rows, or the coupon has doubled. So
/// recovery stays bounded, and all snapshots of a coupon together cost no more than a few times the last one.
/// </summary>
public struct SnapshotSchedule(RecoveredFrom recovered)
{
    private const int MostEventsToReplay = 20_000;
    private const int FewestIssuesToSave = 20_000;

    private long _issuedInSnapshot = recovered.IssuedInSnapshot;
    private int _eventsSince = recovered.EventsReplayed;

    public bool IsDueAfter(int events, long issued)
    {
        _eventsSince += events;
        var due = _eventsSince >= MostEventsToReplay || issued >= Math.Max(FewestIssuesToSave, 2 * _issuedInSnapshot);
        if (due)
        {
            _eventsSince = 0;
            _issuedInSnapshot = issued;
        }

        return due;
    }
}
