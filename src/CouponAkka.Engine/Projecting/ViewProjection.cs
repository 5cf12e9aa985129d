using CouponAkka.Contracts;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Projecting;

/// <summary>An entity of a kind that has an <see cref="EntityView"/>: engines store what lists show of it, and new lines.</summary>
/// <param name="stored">What lists showed before, if anything. If that is damaged, the next event says so.</param>
public sealed class ViewProjection(EntityKey key, string? stored, EntityProgress progress) : EntityProjection(key, progress)
{
    private readonly List<Event> _applied = [];
    private EntityView? _view;

    /// <summary>The entity as lists of its kind show it, or null if they do not.</summary>
    /// <exception cref="InvalidEventException">Its kind can't show it.</exception>
    public string? View => _view is { } view ? Try(view.ToJson) : stored;

    /// <summary>Lines that are new, or other than before. Each takes the place of one with the same list, owner and position.</summary>
    public IReadOnlyList<ListLine> Lines => _view?.Lines ?? [];

    /// <exception cref="UnreadableMessageException">What lists showed before is damaged.</exception>
    protected override void Apply(Event happened)
    {
        var view = _view ??= New();
        try
        {
            Try(() =>
            {
                view.Apply(happened);
                return true;
            });
        }
        catch
        {
            // A view that has refused an event may hold a part of it.
            _view = New();
            _applied.ForEach(_view.Apply);
            throw;
        }

        _applied.Add(happened);
    }

    private EntityView New() => Try(() => Key.Kind.ViewOf(Key.Id, stored)) ?? throw new ArgumentException($"Kind {Key.Kind.Name} has no views.");

    // Whatever is wrong with a kind is no other kind's trouble.
    private T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (fault is not (InvalidEventException or UnreadableMessageException or OutOfMemoryException))
        {
            throw new InvalidEventException($"{Key} can't be shown after event {Progress.SequenceNumber}: {fault.Message}");
        }
    }
}
