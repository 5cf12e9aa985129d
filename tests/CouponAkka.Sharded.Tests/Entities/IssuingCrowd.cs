using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Hosting;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>
/// One process with some coupons, and a few people at each who ask, wait for the answer and ask again. Who hears that the outcome is unknown
/// wakes the coupon anew.
/// </summary>
internal sealed class IssuingCrowd : IAsyncDisposable
{
    private static readonly CouponPolicy Policy = new(
        "a coupon", null, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly CancellationTokenSource _enough = new();
    private readonly Dictionary<long, CouponAsked> _coupons;
    private readonly IHost _host;
    private readonly ActorSystem _system;
    private readonly CouponDatabase _database;
    private readonly TimeSpan _writeTimeout;
    private readonly EntityActorSettings _settings;
    private readonly List<Task> _people = [];
    private long _number;
    private long _user;

    private IssuingCrowd(IHost host, CouponDatabase database, TimeSpan writeTimeout, IEnumerable<long> coupons)
    {
        _host = host;
        _system = host.Services.GetRequiredService<ActorSystem>();
        _database = database;
        _writeTimeout = writeTimeout;
        _settings = CouponSettings.Of(database, writeTimeout);
        _coupons = coupons.ToDictionary(couponId => couponId, _ => new CouponAsked());
    }

    public static async Task<IssuingCrowd> StartAsync(CouponDatabase database, TimeSpan writeTimeout, IEnumerable<long> coupons, int people)
    {
        var host = await CouponHost.StartAsync(database, writeTimeout, akka => akka.AddHocon("akka.loglevel = OFF", HoconAddMode.Prepend));
        var crowd = new IssuingCrowd(host, database, writeTimeout, coupons);
        foreach (var (couponId, asked) in crowd._coupons)
        {
            asked.Actor = crowd.Wake(couponId);
            Assert.IsType<CouponStands>(await crowd.AskAsync(couponId, asked.Actor, new CreateCoupon(Policy)));
            for (var i = 0; i < people; i++)
                crowd._people.Add(Task.Run(() => crowd.IssueAsync(couponId, asked)));
        }

        return crowd;
    }

    public int Unknown(IEnumerable<long> coupons) => coupons.Sum(couponId => _coupons[couponId].Unknown);

    public int Issued(IEnumerable<long> coupons) => coupons.Sum(couponId => _coupons[couponId].Users.Count);

    /// <summary>Waits until each of these coupons has issued so many more.</summary>
    public async Task IssueMoreAsync(int units, IEnumerable<long> coupons)
    {
        foreach (var (couponId, until) in coupons.Select(couponId => (couponId, Issued([couponId]) + units)).ToList())
        {
            await Eventually.HoldsAsync(
                () => Issued([couponId]) >= until, () => $"Coupon {couponId} has issued {Issued([couponId])}, and {Unknown([couponId])} heard that the outcome is unknown.");
        }
    }

    /// <summary>What these coupons issue in so long: how many a second, and the longest time in which one of them issued nothing.</summary>
    public async Task<(double Rate, TimeSpan Silence)> MeasureAsync(TimeSpan time, IReadOnlyList<long> coupons)
    {
        var began = Stopwatch.GetTimestamp();
        var before = Issued(coupons);
        foreach (var couponId in coupons)
            _coupons[couponId].ListenAnew();
        await Task.Delay(time);
        return ((Issued(coupons) - before) / Stopwatch.GetElapsedTime(began).TotalSeconds, coupons.Max(couponId => _coupons[couponId].Silence()));
    }

    /// <summary>Ends it; whoever was told "yes" stands in the journal, once.</summary>
    public async Task AuditAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_people).WaitAsync(Eventually.Deadline);
        var issued = _coupons.Keys.ToDictionary(couponId => couponId, _ => new HashSet<long>());
        await using var connection = new MySqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new MySqlCommand(
            $"SELECT persistence_id, sequence_number, manifest, message FROM journal WHERE manifest <> '{WriterFence.Manifest}' ORDER BY persistence_id, sequence_number", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            if (PersistenceIds.TryParse(reader.GetString(0), EntityKinds.All, out var key)
                && key.Value.Id is var couponId
                && CouponEventCodec.Decode(couponId, reader.GetInt64(1), reader.GetString(2), (byte[])reader[3]) is CouponsIssued happened)
            {
                foreach (var issue in happened.Issues)
                    Assert.True(issued[couponId].Add(issue.UserId), $"User {issue.UserId} has coupon {couponId} twice.");
            }
        }

        foreach (var (couponId, asked) in _coupons)
            Assert.Empty(asked.Users.Keys.Except(issued[couponId]));
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_people).WaitAsync(Eventually.Deadline);
        await _host.StopAsync();
        _host.Dispose();
        _enough.Dispose();
    }

    private async Task IssueAsync(long couponId, CouponAsked asked)
    {
        while (!_enough.IsCancellationRequested)
        {
            var (actor, user) = (asked.Actor, Interlocked.Increment(ref _user));
            if (await AskAsync(couponId, actor, new IssueCoupon(user)) is Issued)
            {
                asked.Users.TryAdd(user, true);
                asked.Heard();
            }
            else
            {
                asked.HeardUnknown();
                asked.WakeAnew(actor, () => Wake(couponId));
            }
        }
    }

    private IActorRef Wake(long couponId) => _system.ActorOf(CouponActor.Props(couponId, _settings));

    private async Task<CouponReply> AskAsync(long couponId, IActorRef coupon, CouponCommand command)
    {
        try
        {
            return Assert.Single((await coupon.Ask<CouponAnswers>(new CouponRequest(couponId, Interlocked.Increment(ref _number), [command]), 2 * _writeTimeout)).Replies);
        }
        catch (AskTimeoutException)
        {
            return CouponReply.OutcomeUnknown;
        }
    }

    private sealed class CouponAsked
    {
        private readonly Lock _lock = new();
        private int _unknown;
        private long _heard;
        private TimeSpan _silence;

        public IActorRef Actor { get; set; } = null!;

        public ConcurrentDictionary<long, bool> Users { get; } = new();

        public int Unknown => Volatile.Read(ref _unknown);

        public void HeardUnknown() => Interlocked.Increment(ref _unknown);

        public void WakeAnew(IActorRef old, Func<IActorRef> wake)
        {
            lock (_lock)
            {
                if (Actor.Equals(old))
                    Actor = wake();
            }
        }

        public void ListenAnew()
        {
            lock (_lock)
                (_heard, _silence) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        }

        public void Heard() => Silence();

        public TimeSpan Silence()
        {
            lock (_lock)
            {
                var now = Stopwatch.GetTimestamp();
                var since = Stopwatch.GetElapsedTime(_heard, now);
                _heard = now;
                return _silence = since > _silence ? since : _silence;
            }
        }
    }
}
