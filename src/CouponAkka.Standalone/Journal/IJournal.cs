namespace CouponAkka.Standalone.Journal;

/// <summary>What the one writer asks of the journal. Whatever either throws, nobody knows what has become durable.</summary>
internal interface IJournal
{
    /// <summary>Makes all of <paramref name="writes"/> durable, or none.</summary>
    void Append(IReadOnlyList<JournalWrite> writes);

    /// <summary>Writes something of no meaning, to learn whether the journal can be written again.</summary>
    void Probe();

    /// <summary>Whether what this process knows is still what the journal's files say. Any thread may ask.</summary>
    /// <exception cref="JournalLostException">It is not, or can't be known.</exception>
    void Check();
}
