namespace CouponAkka.Simulation.Tests;

/// <summary>What can be planted, so that the simulation shows that it would find it.</summary>
public enum Bug
{
    None,

    /// <summary>An answer leaves when it is decided.</summary>
    AnswersBeforeTheCommit,

    /// <summary>A refusal leaves at once, although it rests on what is not durable yet.</summary>
    RefusesBeforeTheCommit,

    /// <summary>A write that failed is told as done.</summary>
    FailedWriteToldAsDone,

    /// <summary>Who waited for a write that failed is told that nothing was decided.</summary>
    FailedWriteToldAsNothing,

    /// <summary>After a write that failed the writer goes on with what it has in memory.</summary>
    FailedWriteKeepsTheState,

    /// <summary>The events of a write that failed are written once more.</summary>
    FailedWriteIsRepeated,

    /// <summary>Recovery forgets who holds a unit.</summary>
    RecoveryForgetsHolders,

    /// <summary>Recovery loses the newest event.</summary>
    RecoveryMissesTheLastEvent,

    /// <summary>Recovery does not know of uses.</summary>
    RecoveryForgetsUses,

    /// <summary>The journal takes events of two writers under one number.</summary>
    JournalTakesANumberTwice,

    /// <summary>A writer that takes over writes no fence.</summary>
    NoFence,

    /// <summary>A writer that takes over does not wait until the lease of the one before is over.</summary>
    NoWaitingOut,

    /// <summary>A lease counts from the end of its proof instead of the begin.</summary>
    LeaseCountsFromTheEndOfTheProof,

    /// <summary>A lease goes on when it should be renewed.</summary>
    LeaseNeverEnds,

    /// <summary>A check that sees another writer's events counts as a proof.</summary>
    CheckOverlooksAnotherWriter,

    /// <summary>That a coupon does not exist counts as proved for as long as anything else.</summary>
    NotExistingHasALease,

    /// <summary>A writer that has handed over goes on answering.</summary>
    AnswersAfterHandingOver,

    /// <summary>A mark of a hand-over counts although somebody has written since.</summary>
    TrustsAnOldHandOver,

    /// <summary>A writer that stopped here counts as the last, although another has been.</summary>
    TrustsAnOldStop,

    /// <summary>A copy at an edge refuses for longer than its lease.</summary>
    CopyRefusesAfterItsLease,

    /// <summary>A lease is given to an edge that lasts longer than the writer's own.</summary>
    EdgesLeaseOutlivesTheWriters,

    /// <summary>A change does not wait for the leases of edges.</summary>
    ChangeWaitsForNoLease,

    /// <summary>A writer that takes over does not know that edges may have leases.</summary>
    NewWriterForgetsEdgesLeases,

    /// <summary>A late answer is taken for that to another request.</summary>
    LateAnswerTakenForAnother,

    /// <summary>Each user of a group is told the unit of the next.</summary>
    AnswersOfAGroupAreMixedUp,
}
