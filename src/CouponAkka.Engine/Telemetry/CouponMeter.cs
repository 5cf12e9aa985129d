using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Engine.Telemetry;

/// <summary>What the engines measure of themselves; docs/telemetry.md lists it. It costs next to nothing while nobody listens.</summary>
public static class CouponMeter
{
    public const string Name = "CouponAkka";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Answers = Meter.CreateCounter<long>(
        "couponakka.answers", "{answer}", "What people who asked for a unit, or to use one, were told.");

    private static readonly Histogram<int> GroupSize = Meter.CreateHistogram(
        "couponakka.journal.group.size", "{answer}", "Answers that one write to the journal released.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096] });

    private static readonly Histogram<double> WriteDuration = Meter.CreateHistogram(
        "couponakka.journal.write.duration", "s", "How long a write to the journal took until it was durable.", advice: Seconds);

    private static readonly Counter<long> WriteFailures = Meter.CreateCounter<long>(
        "couponakka.journal.write.failures", "{write}", "Writes to the journal that failed or took too long.");

    private static readonly Histogram<double> RecoveryDuration = Meter.CreateHistogram(
        "couponakka.coupon.recovery.duration", "s", "How long a coupon took to recover from the journal.", advice: Seconds);

    private static readonly Counter<long> ProjectedEvents = Meter.CreateCounter<long>(
        "couponakka.projection.events", "{event}", "Rows of the journal that were brought to the read model.");

    private static readonly Counter<long> ProjectionFailures = Meter.CreateCounter<long>(
        "couponakka.projection.failures", "{failure}", "Tries to bring the journal to the read model that failed and are tried again.");

    private static readonly Counter<long> TurnsLost = Meter.CreateCounter<long>(
        "couponakka.projection.turns.lost", "{turn}", "Times that another projection began while this one went on.");

    private static readonly Counter<long> MadeWay = Meter.CreateCounter<long>(
        "couponakka.node.withdrawals", "{process}", "Processes that ended because they alone could not write the journal.");

    private static readonly Counter<long> ShardMoves = Meter.CreateCounter<long>(
        "couponakka.shards.moves", "{shard}", "Shards that came to this node or went from it.");

    private static readonly Counter<long> PaymentAsks = Meter.CreateCounter<long>(
        "couponakka.payments.asks", "{ask}", "What orders asked of the payment provider, by what came of it.");

    private static readonly Histogram<double> PaymentDuration = Meter.CreateHistogram(
        "couponakka.payments.duration", "s", "How long an order's ask of the payment provider took.", advice: Seconds);

    private static readonly FrozenDictionary<RefusalReason, KeyValuePair<string, object?>> RefusedAs =
        Enum.GetValues<RefusalReason>().ToFrozenDictionary(reason => reason, reason => Outcome(RefusalCode.Of(reason)));

    private static readonly KeyValuePair<string, object?> IssuedAs = Outcome("ISSUED");
    private static readonly KeyValuePair<string, object?> UsedAs = Outcome("USED");

    private static InstrumentAdvice<double> Seconds => new()
    {
        HistogramBucketBoundaries = [.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
    };

    /// <summary>Whether anyone listens to what is answered.</summary>
    internal static bool CountsAnswers => Answers.Enabled;

    internal static void Answered(Reply reply)
    {
        if (reply is Refused refused)
            Answers.Add(1, RefusedAs[refused.Reason]);
        else if (reply is Issued or Used)
            Answers.Add(1, reply is Issued ? IssuedAs : UsedAs);
    }

    /// <summary>A write became durable, and with it so many answers left.</summary>
    public static void Written(int answers, TimeSpan took)
    {
        GroupSize.Record(answers);
        WriteDuration.Record(took.TotalSeconds);
    }

    public static void WriteFailed() => WriteFailures.Add(1);

    public static void Recovered(TimeSpan took) => RecoveryDuration.Record(took.TotalSeconds);

    public static void Projected(int events) => ProjectedEvents.Add(events);

    public static void ProjectionFailed() => ProjectionFailures.Add(1);

    public static void TurnLost() => TurnsLost.Add(1);

    /// <summary>The process ends because it alone can't write.</summary>
    public static void NodeMadeWay() => MadeWay.Add(1);

    public static void ShardsMoved(int came, int went)
    {
        if (came > 0)
            ShardMoves.Add(came, new KeyValuePair<string, object?>("direction", "in"));
        if (went > 0)
            ShardMoves.Add(went, new KeyValuePair<string, object?>("direction", "out"));
    }

    /// <summary>The payment provider was asked for an order, and its answer is to be told; null for none that is certain.</summary>
    internal static void PaymentAnswered(OrderCommand? answer, TimeSpan took)
    {
        PaymentDuration.Record(took.TotalSeconds);
        PaymentAsks.Add(1, Outcome(answer switch
        {
            ConfirmPayment => "TAKEN",
            DeclinePayment => "DECLINED",
            ConfirmReturn => "GIVEN_BACK",
            _ => "UNKNOWN",
        }));
    }

    /// <summary>What an order asked of the payment provider did not fit.</summary>
    internal static void PaymentDropped() => PaymentAsks.Add(1, Outcome("DROPPED"));

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    public static void ObserveWaiting(Func<long> count) => Meter.CreateObservableUpDownCounter(
        "couponakka.answers.waiting", count, "{request}", "Requests that wait until what they were told is durable.");

    /// <summary>Asked for each time that somebody collects: once a process.</summary>
    public static void ObserveCouponsAwake(Func<long> count) =>
        Meter.CreateObservableGauge("couponakka.coupons.awake", count, "{coupon}", "Coupons in memory.");

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    public static void ObserveUnrecoverable(Func<long> count) => Meter.CreateObservableGauge(
        "couponakka.coupons.unrecoverable", count, "{coupon}", "Coupons that could not be recovered when they were last asked for.");

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    public static void ObserveShards(Func<long> count) =>
        Meter.CreateObservableGauge("couponakka.shards", count, "{shard}", "Shards of this node.");

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    /// <param name="writable">Whether the journal can be written.</param>
    /// <param name="findings">What is wrong with the settings of its database.</param>
    /// <param name="lost">Events that were acknowledged and that it lacks.</param>
    public static void ObserveJournal(Func<bool> writable, Func<long> findings, Func<long> lost)
    {
        Meter.CreateObservableGauge("couponakka.journal.writable", () => writable() ? 1 : 0, null, "1 if the journal can be written, else 0.");
        Meter.CreateObservableGauge("couponakka.database.findings", findings, "{finding}", "Settings of the database that may lose what was acknowledged.");
        Meter.CreateObservableGauge("couponakka.database.lost", lost, "{event}", "Acknowledged events that the database lacks since it failed over or was restored.");
    }

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    /// <param name="members">Nodes that are up, as this node sees it; 0 while it is not in the cluster itself.</param>
    /// <param name="unreachable">Those of them that this node or another can't reach.</param>
    public static void ObserveMembers(Func<long> members, Func<long> unreachable)
    {
        Meter.CreateObservableGauge(
            "couponakka.cluster.members", members, "{member}", "Nodes of this node's cluster that are up; 0 while this node is in none.");
        Meter.CreateObservableGauge("couponakka.cluster.unreachable", unreachable, "{member}", "Nodes of this node's cluster that can't be reached.");
    }

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    /// <param name="known">Nodes by the database.</param>
    /// <param name="answering">Those of them that answer this edge.</param>
    public static void ObserveNodes(Func<long> known, Func<long> answering)
    {
        Meter.CreateObservableGauge("couponakka.nodes.known", known, "{node}", "Nodes that this edge knows by the database.");
        Meter.CreateObservableGauge("couponakka.nodes.answering", answering, "{node}", "Nodes that answer this edge.");
    }

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    public static void ObserveProjection(ProjectionStatus status)
    {
        Meter.CreateObservableGauge("couponakka.projection.lag", () => status.Lag.TotalSeconds, "s", "Age of the oldest event that is not in the read model.");
        Meter.CreateObservableGauge(
            "couponakka.projection.behind", () => status.EventsBehind, "{event}", "Rows of the journal that are not in the read model.");
        Meter.CreateObservableGauge(
            "couponakka.projection.parked", () => status.Parked.Count + status.ParkedOthers.Count, "{entity}", "Entities that are not projected any further.");
    }

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    public static void ObserveReactions(ReactionStatus status)
    {
        Meter.CreateObservableGauge(
            "couponakka.reactions.waiting", () => status.Waiting, "{event}", "Events that were read, and what they ask of others is not delivered yet.");
        Meter.CreateObservableGauge(
            "couponakka.reactions.stalled", () => status.Stalled.Count, "{entity}", "Entities of whose events something can't be delivered.");
    }

    /// <inheritdoc cref="ObserveCouponsAwake"/>
    public static void ObservePayments(Func<long> waiting) => Meter.CreateObservableUpDownCounter(
        "couponakka.payments.waiting", waiting, "{order}", "Orders that wait for the payment provider, or to be told what it answered.");

    private static KeyValuePair<string, object?> Outcome(string code) => new("outcome", code);
}
