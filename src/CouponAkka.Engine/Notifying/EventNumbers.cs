using System.Globalization;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Notifying;

/// <summary>Which numbers an event of the journal has: given once, and never again to another.</summary>
/// <param name="First">The number of its first line.</param>
/// <param name="Lines">How many it has.</param>
/// <param name="UnreadableAt">
/// When it was numbered, if it could not be read then: it has one number, and stays without content even if the journal is mended, for a number never means
/// two things.
/// </param>
public readonly record struct EventNumbers(long First, int Lines, Timestamp? UnreadableAt)
{
    /// <summary>What is told of an event that can't be read.</summary>
    public const string Unreadable = "event.unreadable";

    /// <summary>The number of its last line.</summary>
    public long Last => First + Lines - 1;

    /// <summary>The event at <paramref name="first"/>: as many lines as its kind says.</summary>
    /// <param name="happened">Null for one that can't be read.</param>
    public static EventNumbers At(long first, EntityKind? kind, Event? happened, TimeProvider clock) =>
        kind is not null && happened is not null
            ? new(first, kind.LinesOf(happened), null)
            : new(first, 1, Timestamp.From(clock.GetUtcNow()));

    /// <summary>Its lines after <paramref name="after"/>.</summary>
    /// <param name="kind">Null for one that this program does not know.</param>
    /// <param name="happened">Null for an event that can't be read now.</param>
    public IEnumerable<Notification> LinesAfter(long after, EntityKind? kind, long id, long sequenceNumber, Event? happened)
    {
        for (var n = Math.Max(First, after + 1); n <= Last; n++)
        {
            yield return new Notification(
                n,
                UnreadableAt is null && kind is not null && happened is not null && kind.LinesOf(happened) == Lines
                    ? kind.LineOf(id, happened, (int)(n - First))
                    : CannotBeRead(kind, id, sequenceNumber));
        }
    }

    private NotificationLine CannotBeRead(EntityKind? kind, long id, long sequenceNumber) => new(
        UnreadableAt ?? default,
        Unreadable,
        kind is null ? "/" : string.Create(CultureInfo.InvariantCulture, $"/{kind.Name}s/{id}"),
        string.Create(CultureInfo.InvariantCulture, $"Event {sequenceNumber} of {kind?.Name ?? "an entity of another program's,"} {id} can't be read."),
        new Dictionary<string, long> { ["sequenceNumber"] = sequenceNumber });
}
