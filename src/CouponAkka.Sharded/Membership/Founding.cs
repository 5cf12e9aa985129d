namespace CouponAkka.Sharded.Membership;

/// <summary>
/// What a node that starts makes of what it sees in the database: it joins whoever may live of the current cluster, and founds a new one when it has
/// seen for long enough that nobody does.
/// </summary>
internal abstract record Founding
{
    /// <param name="self">The own address: whoever wrote that row before is no more.</param>
    /// <param name="beats">What it has seen so far, the last of it this.</param>
    /// <param name="patience">Whose beat has not changed for so long is dead. Before that nobody knows.</param>
    public static Founding Step(string self, ClusterSeen seen, Beats beats, TimeSpan patience)
    {
        var living = seen.MembersBut(self).Select(member => member.Address).Where(address => beats.SilentFor(address) < patience).ToList();
        return living.Count == 0 ? Found.Instance : new Join(living, IsCertain: living.Exists(beats.HasChanged));
    }

    /// <summary>Ask these to be let in.</summary>
    /// <param name="IsCertain">One of them lives. Otherwise it may turn out that none does.</param>
    public sealed record Join(IReadOnlyList<string> Addresses, bool IsCertain) : Founding
    {
        public override string ToString() => string.Join(", ", Addresses);
    }

    /// <summary>Nobody is there: try to be the founder.</summary>
    public sealed record Found : Founding
    {
        public static readonly Found Instance = new();
    }
}
