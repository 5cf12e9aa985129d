using CouponAkka.Engine.Reacting;

namespace CouponAkka.Sharded.Reacting;

/// <summary>How reactions fare, on the node that delivers them. Any thread may use it.</summary>
internal sealed class NodeReactions(ReactionStatus status)
{
    private volatile bool _areHere;

    public ReactionStatus Status => status;

    /// <summary>Whether this node is the one that delivers.</summary>
    public bool AreHere
    {
        get => _areHere;
        set => _areHere = value;
    }
}
