using CouponAkka.Domain;

namespace CouponAkka.Engine.Projecting;

/// <summary>An entity of a kind that has an <see cref="EntityView"/>: engines store what lists show of it, and new lines.</summary>
public sealed class ViewProjection : EntityProjection
{
    private readonly string? _stored;
    private readonly List<Event> _applied = [];
    private EntityView _view;

    /// <param name="stored">What lists showed before, if anything.</param>
    /// <exception cref="Contracts.UnreadableMessageException">That is damaged.</exception>
    public ViewProjection(EntityKey key, string? stored, EntityProgress progress)
        : base(key, progress)
    {
        _stored = stored;
        _view = New();
    }

    /// <summary>Whether entities of the kind are shown by views.</summary>
    public static bool IsOf(EntityKind kind) => kind.ViewOf(1, null) is not null;

    /// <summary>The entity as lists of its kind show it, or null if they do not.</summary>
    public string? View => _view.ToJson();

    /// <summary>Lines that are new, or other than before. Each takes the place of one with the same list, owner and position.</summary>
    public IReadOnlyList<ListLine> Lines => _view.Lines;

    protected override void Apply(Event happened)
    {
        try
        {
            _view.Apply(happened);
        }
        // Whatever is wrong with a kind is no other kind's trouble.
        catch (Exception refusal) when (refusal is not OutOfMemoryException)
        {
            // A view that has refused an event may hold a part of it.
            _view = New();
            foreach (var before in _applied)
                _view.Apply(before);
            throw refusal as InvalidEventException ?? new InvalidEventException($"{Key} can't be shown with {happened.GetType().Name}: {refusal.Message}");
        }

        _applied.Add(happened);
    }

    private EntityView New() => Key.Kind.ViewOf(Key.Id, _stored) ?? throw new ArgumentException($"Kind {Key.Kind.Name} has no views.");
}
