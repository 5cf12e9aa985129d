using System.Collections.Concurrent;
using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>A coupon that recovers from what stands in MariaDB, and that may be damaged.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDatabase _test = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private EntityActorSettings _settings = null!;
    private IHost _host = null!;
    private ActorSystem _system = null!;
    private long _number;

    public async Task InitializeAsync()
    {
        await _test.InitializeAsync();
        _settings = CouponSettings.Of(_test.Database, Patience);
        _host = await CouponHost.StartAsync(_test.Database, Patience);
        _system = _host.Services.GetRequiredService<ActorSystem>();
        var errors = _errors;
        var listener = _system.ActorOf(Props.Create(() => new Listener(errors)));
        _system.EventStream.Subscribe(listener, typeof(Akka.Event.Error));
        await _test.Database.AppendAsync(7, 1, Created(), Issued(1, 101), Issued(2, 102), Issued(3, 103));
        await _test.Database.AppendAsync(8, 1, Created(), Issued(1, 101));
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _test.DisposeAsync();
    }

    public static TheoryData<string> Damages => ["a byte less", "a byte changed", "a manifest of a newer version", "another serializer", "a user twice", "more than the total"];

    [Theory]
    [MemberData(nameof(Damages))]
    [Trait("Promise", "3")]
    public async Task A_snapshot_that_is_damaged_is_left_out_and_the_journal_alone_recovers_the_coupon(string damage)
    {
        var bytes = Snapshot(101, 102);
        var (manifest, serializer) = ("cs", CouponSerializer.Id);
        switch (damage)
        {
            case "a byte less":
                bytes = bytes[..^1];
                break;
            case "a byte changed":
                // Of a user's number: nothing else would notice.
                bytes[Array.IndexOf(bytes, (byte)102)]++;
                break;
            case "a manifest of a newer version":
                manifest = "cz";
                break;
            case "another serializer":
                serializer = 4;
                break;
            case "a user twice":
                bytes = CouponSnapshotCodec.Encode(new CouponSnapshot(View(2, null), [Holder(101, 1), Holder(101, 2)]));
                break;
            case "more than the total":
                bytes = CouponSnapshotCodec.Encode(new CouponSnapshot(View(2, 1), [Holder(101, 1), Holder(102, 2)]));
                break;
        }

        await SaveAsync(3, bytes, manifest, serializer);

        var coupon = Wake(7);

        Assert.Equal(3, Assert.IsType<IssueFound>(await AskAsync(coupon, new FindIssue(103))).Issue.Ticket);
        Assert.Equal(2, Assert.IsType<IssueFound>(await AskAsync(coupon, new FindIssue(102))).Issue.Ticket);
        await Eventually.HoldsAsync(() => _errors.Any(line => line.Contains("The snapshot of coupon-7 as of event 3 can't be read", StringComparison.Ordinal)));
        Assert.Empty(_settings.Unrecoverable.Entities);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_snapshot_that_is_whole_is_recovered_from_with_a_checksum_and_without(bool hasChecksum)
    {
        await SaveAsync(3, hasChecksum ? Snapshot(101, 102) : CouponSnapshotCodec.Encode(new CouponSnapshot(View(2, null), [Holder(101, 1), Holder(102, 2)])));
        // Only the snapshot knows of these now.
        await _test.ExecuteAsync("UPDATE journal SET message = x'FFFF' WHERE persistence_id = 'coupon-7' AND sequence_number < 4");

        Assert.Equal(3, Assert.IsType<IssueFound>(await AskAsync(Wake(7), new FindIssue(103))).Issue.Ticket);
        Assert.Empty(_errors);
    }

    public static TheoryData<string, string> Losses => new()
    {
        { "DELETE FROM journal WHERE persistence_id = 'coupon-7' AND sequence_number > 2; INSERT INTO projection_progress VALUES (7, 4, NULL)", "the read model knows event 4" },
        { "DELETE FROM journal WHERE persistence_id = 'coupon-7'; INSERT INTO projection_progress VALUES (7, 4, NULL)", "ends with event 0, but the read model knows event 4" },
        { "DELETE FROM journal WHERE persistence_id = 'coupon-7' AND sequence_number > 2; INSERT INTO snapshot SELECT 'coupon-7', 3, 0, x'00', 'cs', 811", "snapshot knows event 3" },
        { "UPDATE journal SET message = x'FFFF' WHERE persistence_id = 'coupon-7' AND sequence_number = 3", "After event 2 it can't be recovered" },
        { "UPDATE journal SET identifier = 4 WHERE persistence_id = 'coupon-7' AND sequence_number = 3", "After event 2 it can't be recovered" },
        { "UPDATE journal SET sequence_number = 9 WHERE persistence_id = 'coupon-7' AND sequence_number = 3", "event 3 is missing" },
        { "UPDATE journal SET message = (SELECT * FROM (SELECT message FROM journal WHERE persistence_id = 'coupon-7' AND sequence_number = 4) AS other) WHERE persistence_id = 'coupon-7' AND sequence_number = 3", "ticket 3 after ticket 1" },
    };

    [Theory]
    [MemberData(nameof(Losses))]
    [Trait("Promise", "3")]
    [Trait("Promise", "10")]
    public async Task A_coupon_whose_journal_contradicts_what_else_is_known_is_not_started_says_so_at_once_and_others_go_on(string loss, string because)
    {
        await _test.TamperAsync(loss);
        var rows = await _test.ScalarAsync<long>("SELECT COUNT(*) FROM journal");

        Assert.Equal(CouponReply.Unavailable, await AskAsync(Wake(7), new IssueCoupon(104), TimeSpan.FromSeconds(4)));

        Assert.Contains(because, _settings.Unrecoverable.Entities[CouponSettings.KeyOf(7)], StringComparison.Ordinal);
        Assert.Equal(rows, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM journal"));
        Assert.IsType<IssueFound>(await AskAsync(Wake(8), new FindIssue(101)));
        Assert.Equal([CouponSettings.KeyOf(7)], _settings.Unrecoverable.Entities.Keys);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_snapshot_that_is_newer_than_the_journal_does_not_hide_that_it_lost_its_end()
    {
        await SaveAsync(3, Snapshot(101, 102));
        await _test.TamperAsync("DELETE FROM journal WHERE persistence_id = 'coupon-7' AND sequence_number > 2");

        Assert.Equal(CouponReply.Unavailable, await AskAsync(Wake(7), new IssueCoupon(104)));

        Assert.Contains("ends with event 2, but", _settings.Unrecoverable.Entities[CouponSettings.KeyOf(7)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_many_coupons_end_is_read_together()
    {
        await _test.ExecuteAsync("INSERT INTO projection_progress VALUES (8, 1, NULL)");
        await SaveAsync(3, [0]);

        var ends = await Task.WhenAll(Enumerable.Range(1, 1_000).Select(couponId => _settings.Ends.ReadAsync(CouponSettings.KeyOf(couponId))));

        Assert.Equal(new JournalEnd(4, 0, 3), ends[6]);
        Assert.Equal(new JournalEnd(2, 1, 0), ends[7]);
        Assert.All(ends[8..], end => Assert.Equal(default, end));
    }

    private static byte[] Snapshot(params long[] users) =>
        CouponSnapshotCodec.EncodeWithChecksum(new CouponSnapshot(View(users.Length, null), users.Select((user, i) => Holder(user, i + 1))));

    private static CouponView View(long issued, long? total) => new(7, Created(total).Policy, issued, At, At);

    private static CouponHolder Holder(long user, long ticket) => new(user, ticket, new Timestamp(At.UnixMicroseconds + ticket), null);

    private async Task SaveAsync(long sequenceNumber, byte[] bytes, string manifest = "cs", int serializer = CouponSerializer.Id)
    {
        await using var connection = _test.Database.Connect();
        await connection.ExecuteAsync(
            "INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id) VALUES ('coupon-7', @number, 0, @bytes, @manifest, @serializer)",
            new { number = sequenceNumber, bytes, manifest, serializer });
    }

    private IActorRef Wake(long couponId) => _system.ActorOf(CouponActor.Props(couponId, _settings));

    private async Task<CouponReply> AskAsync(IActorRef coupon, CouponCommand command, TimeSpan? patience = null) =>
        Assert.Single((await coupon.Ask<CouponAnswers>(new CouponRequest(7, ++_number, [command]), patience ?? Patience)).Replies);

    private sealed class Listener(ConcurrentQueue<string> errors) : UntypedActor
    {
        protected override void OnReceive(object message) => errors.Enqueue(message.ToString() ?? "");
    }
}
