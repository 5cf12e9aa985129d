using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Reacting;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Entities;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Notifying;
using CouponAkka.Standalone.Projection;
using CouponAkka.Standalone.Reacting;
using CouponAkka.Standalone.ReadModel;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>The engine as the program puts it together, on real files, with a disk that fails when it is told to.</summary>
internal sealed class EngineInProcess : IAsyncDisposable
{
    /// <summary>Longer than any write takes, so that only a write that hangs on purpose is given up.</summary>
    private static readonly TimeSpan NoWriteTakesSoLong = TimeSpan.FromSeconds(60);

    private readonly DataDirectory _data;
    private readonly EntityKinds _kinds;
    private readonly SnapshotStore _snapshots;
    private ProjectionLoop? _projection;
    private ReadModelQueries? _queries;
    private SqliteReactionStore? _reactionStore;
    private StandaloneReactionJournal? _reactionJournal;
    private ReactionLoop? _reactions;
    private NumberingLoop? _numbering;

    static EngineInProcess() => SQLitePCL.Batteries_V2.Init();

    public EngineInProcess(TempDirectory directory, TimeSpan? writeTimeout = null, EntityKinds? kinds = null)
    {
        _data = DataDirectory.Open(directory.Path, DirectoryLog);
        Journal = EventJournal.Open(_data.Journal, _data);
        Disk = new FaultyJournal(Journal);
        _snapshots = new SnapshotStore(_data, Journal, SnapshotLog);
        Writer = new JournalWriter(Disk, _snapshots, writeTimeout ?? NoWriteTakesSoLong, WriterLog);
        _kinds = kinds ?? EntityKinds.All;
        Entities = new LiveEntities(_kinds, Journal, _snapshots, Writer, TimeProvider.System, EngineLog);
    }

    public EventJournal Journal { get; }

    public FaultyJournal Disk { get; }

    public JournalWriter Writer { get; }

    public LiveEntities Entities { get; }

    public LogLines<DataDirectory> DirectoryLog { get; } = new();

    public LogLines<EntityEngine> EngineLog { get; } = new();

    public LogLines<SnapshotStore> SnapshotLog { get; } = new();

    public LogLines<JournalWriter> WriterLog { get; } = new();

    public LogLines<ProjectionLoop> ProjectionLog { get; } = new();

    public ProjectionLoop Projection => _projection ??= new ProjectionLoop(_data, Journal, Writer, _kinds, ProjectionLog);

    public SqliteEntityLists Lists => new(_queries ??= new ReadModelQueries(_data, Projection));

    public LogLines<SqliteReactionStore> ReactionStoreLog { get; } = new();

    public LogLines<ReactionRunner> ReactionLog { get; } = new();

    /// <summary>Begins to deliver when it is asked for the first time.</summary>
    public ReactionLoop Reactions => _reactions ??= StartReactions();

    public LogLines<NumberingLoop> NumberingLog { get; } = new();

    /// <summary>Begins to number when it is asked for the first time.</summary>
    public NumberingLoop Numbering => _numbering ??= new NumberingLoop(_data, Journal, Writer, _kinds, TimeProvider.System, NumberingLog);

    /// <summary>The coupon's answer, within the deadline.</summary>
    public Task<Reply> AskAsync(long couponId, CouponCommand command) =>
        Entities.AskAsync(couponId, command).AsTask().WaitAsync(Eventually.Deadline);

    public async Task CreateAsync(long couponId, long? total) =>
        Assert.IsType<CouponStands>(await AskAsync(couponId, new CreateCoupon(Policy(total))));

    public async Task<CouponIssue> IssueAsync(long couponId, long userId) =>
        Assert.IsType<Issued>(await AskAsync(couponId, new IssueCoupon(userId))).Issue;

    /// <summary>All at once.</summary>
    public Task IssueAsync(long couponId, IEnumerable<long> userIds) =>
        Task.WhenAll(userIds.Select(userId => IssueAsync(couponId, userId)));

    /// <summary>The answer of the coupon, which must be a refusal.</summary>
    public async Task<Refused> RefusedAsync(long couponId, CouponCommand command) =>
        Assert.IsType<Refused>(await AskAsync(couponId, command));

    /// <summary>Every unit of a coupon that is durable, by ticket.</summary>
    public List<CouponIssue> Durable(long couponId)
    {
        var issues = new List<CouponIssue>();
        foreach (var row in Journal.ReadEntity(Events.Key(couponId), 0))
        {
            if (row.Decode(CouponKind.Instance) is CouponsIssued issued)
                issues.AddRange(issued.Issues.Select(issue => new CouponIssue(couponId, issue.UserId, issue.Ticket, issue.DateIssued)));
        }

        return issues;
    }

    public Task WritableAsync() => Eventually.HoldsAsync(() => Writer.Writable, () => Writer.Trouble ?? "");

    /// <summary>Returns when the projection has read all of the journal.</summary>
    public Task ProjectedAsync() => Eventually.HoldsAsync(() => Projection.Status.EventsBehind == 0, () => ProjectionLog.ToString());

    public static CouponPolicy Policy(long? total) => new(
        "Coupon", total, DiscountAmount: 1_000, MinAvailableAmount: 10_000,
        Timestamp.From(DateTimeOffset.UnixEpoch.AddYears(50)), Timestamp.From(DateTimeOffset.UnixEpoch.AddYears(500)), VendorId: 3);

    public async ValueTask DisposeAsync()
    {
        if (_reactions is not null)
            await _reactions.DisposeAsync();
        _reactionStore?.Dispose();
        _reactionJournal?.Dispose();
        _numbering?.Dispose();
        _queries?.Dispose();
        _projection?.Dispose();
        await Entities.DisposeAsync();
        Writer.Dispose();
        await _snapshots.DisposeAsync();
        Disk.Dispose();
        Journal.Dispose();
        _data.Dispose();
    }

    private ReactionLoop StartReactions()
    {
        var table = new ReactionTable(_kinds, Terms.Default, []);
        _reactionStore = new SqliteReactionStore(_data, Journal, _kinds, ReactionStoreLog);
        _reactionJournal = new StandaloneReactionJournal(Journal, Writer, _kinds, table, new LogLines<StandaloneReactionJournal>());
        return new ReactionLoop(_reactionJournal, _reactionStore, Entities, table, TimeProvider.System, ReactionLog);
    }
}
