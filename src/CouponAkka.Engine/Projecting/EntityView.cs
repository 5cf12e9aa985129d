using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Contracts;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Projecting;

/// <summary>
/// What lists show of one entity: starts from what they showed before, takes its events in their order. No I/O: engines store it as it is, so a kind of
/// entity brings no SQL (docs/adr/0024-lists-are-documents.md).
/// </summary>
public abstract class EntityView
{
    private readonly List<ListLine> _lines = [];

    /// <summary>Lines that are new, or other than before. Each takes the place of one with the same list, owner and position.</summary>
    public IReadOnlyList<ListLine> Lines => _lines;

    /// <exception cref="InvalidEventException">It contradicts what was applied before. The view is of no use any more.</exception>
    public abstract void Apply(Event happened);

    /// <summary>The entity as lists of its kind show it, or null if they do not.</summary>
    public abstract string? ToJson();

    protected void Add(ListLine line) => _lines.Add(line);

    /// <summary>What was written as JSON.</summary>
    /// <param name="place">Where it stands, for whoever reads that it is damaged.</param>
    /// <exception cref="UnreadableMessageException">It is damaged.</exception>
    protected static T Read<T>(string json, JsonTypeInfo<T> typeInfo, string place)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, typeInfo) ?? throw new JsonException("It is null.");
        }
        catch (JsonException damaged)
        {
            throw new UnreadableMessageException(place, "json", damaged);
        }
    }
}

/// <summary>A line of a list that is not one of entities by their id: the payouts of vendor 7, say, the third.</summary>
/// <param name="List">Lower case, at most 20 letters.</param>
/// <param name="Owner">Whose list.</param>
/// <param name="Position">Its place in it: positive, ascending, not without holes.</param>
/// <param name="Json">What stands there.</param>
public readonly record struct ListLine(string List, long Owner, long Position, string Json);
