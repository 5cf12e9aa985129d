using CouponAkka.Domain;

namespace CouponAkka.Engine.Reacting;

/// <summary>Every reaction of every kind, and everybody else who is told of events, found by the event.</summary>
public sealed class ReactionTable
{
    private readonly EntityKinds _kinds;
    private readonly Terms _terms;
    private readonly ILookup<(string Kind, string Manifest), Reaction> _reactions;
    private readonly ILookup<string, IEventSubscriber> _subscribers;
    private readonly HashSet<EntityKind> _sources;

    /// <exception cref="ArgumentException">A reaction or a subscriber looks at a kind that there is not.</exception>
    public ReactionTable(EntityKinds kinds, Terms terms, IEnumerable<IEventSubscriber> subscribers)
    {
        _kinds = kinds;
        _terms = terms;
        var reactions = kinds.SelectMany(kind => kind.Reactions).ToList();
        _reactions = reactions.ToLookup(reaction => (reaction.Source, reaction.Manifest));
        _subscribers = subscribers.ToLookup(subscriber => subscriber.Source);
        _sources =
        [
            .. reactions.Select(reaction => Named(reaction.Source)),
            .. _subscribers.Select(subscribed => Named(subscribed.Key)),
            .. kinds.Where(kind => kind.TimePassed is not null),
        ];
    }

    /// <summary>Whether anything can follow from events of the kind.</summary>
    public bool IsSource(EntityKind kind) => _sources.Contains(kind);

    /// <summary>Whether anything can follow from such an event, so that it must be read.</summary>
    public bool MustRead(EntityKind kind, string manifest) =>
        kind.TimePassed is not null || _subscribers.Contains(kind.Name) || _reactions.Contains((kind.Name, manifest));

    /// <summary>What the event asks of others.</summary>
    public List<(EntityKey Of, Command Command)> AsksOf(EntityKey source, long number, Event happened)
    {
        var asks = new List<(EntityKey, Command)>();
        var cause = new Cause(source.Kind.Name, source.Id, number);
        foreach (var reaction in _reactions[(source.Kind.Name, source.Kind.ManifestOf(happened))])
        {
            foreach (var ask in reaction.On(cause, happened, _terms))
                asks.Add((new EntityKey(Named(ask.Kind), ask.Id), ask.Command));
        }

        return asks;
    }

    /// <summary>Tells everybody else.</summary>
    public void Tell(EntityKey source, Event happened)
    {
        foreach (var subscriber in _subscribers[source.Kind.Name])
            subscriber.Take(source.Id, happened);
    }

    private EntityKind Named(string name) => _kinds.Named(name) ?? throw new ArgumentException($"There is no kind of entity called {name}.");
}
