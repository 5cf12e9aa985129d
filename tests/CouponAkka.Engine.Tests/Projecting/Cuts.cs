using CouponAkka.Domain;
using CouponAkka.Engine.Projecting;

namespace CouponAkka.Engine.Tests.Projecting;

/// <summary>What lists show once the events are folded in batches, each from what was stored after the one before.</summary>
internal static class Cuts
{
    /// <param name="cuts">How many events each batch has; the last one has all the rest.</param>
    public static (string? Json, IReadOnlyList<ListLine> Lines) Fold(EntityKind kind, long id, IEnumerable<Event> events, int[] cuts)
    {
        var lines = new List<ListLine>();
        string? json = null;
        Queue<Event> left = new(events);
        foreach (var cut in cuts.Append(int.MaxValue))
        {
            var view = kind.ViewOf(id, json)!;
            for (var i = 0; i < cut && left.TryDequeue(out var happened); i++)
                view.Apply(happened);
            lines.AddRange(view.Lines);
            json = view.ToJson();
        }

        return (json, lines);
    }
}
