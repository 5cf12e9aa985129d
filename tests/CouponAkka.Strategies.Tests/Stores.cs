using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using MySqlConnector;
using StackExchange.Redis;

namespace CouponAkka.Strategies.Tests;

/// <summary>A database in a real MariaDB and a real Redis, for the tests of a class; and every strategy over them.</summary>
public sealed class Stores : IAsyncLifetime
{
    private readonly string _name = $"strategies_test_{Guid.NewGuid():N}";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-redis-");
    private RunningProcess? _redisServer;
    private ConnectionMultiplexer? _redis;

    internal CouponTables Tables { get; private set; } = null!;

    internal DistributedLock Locks { get; private set; } = null!;

    internal RedisScriptConsumer Consumer { get; private set; } = null!;

    internal IDatabase Redis => _redis!.GetDatabase();

    public async Task InitializeAsync()
    {
        var socket = Path.Combine(_directory.FullName, "redis.sock");
        _redisServer = RunningProcess.Start(Repository.Command(
            "redis-server", ["--port", "0", "--unixsocket", socket, "--dir", _directory.FullName, "--save", ""]));
        await _redisServer.LoggedAsync("eady to accept connections");
        var patience = (int)Eventually.Deadline.TotalMilliseconds;
        _redis = await ConnectionMultiplexer.ConnectAsync(
            new ConfigurationOptions
            {
                EndPoints = { new UnixDomainSocketEndPoint(socket) },
                ConnectTimeout = patience,
                AsyncTimeout = patience,
                SyncTimeout = patience,
            });

        await MariaDb.ExecuteAsync($"CREATE DATABASE {_name}");
        Tables = new CouponTables(new MySqlConnectionStringBuilder(MariaDb.Server) { Database = _name }.ConnectionString);
        await Tables.CreateAsync();
        Locks = new DistributedLock(_redis);
        Consumer = new RedisScriptConsumer(Tables, _redis, NullLogger<RedisScriptConsumer>.Instance);
    }

    public async Task DisposeAsync()
    {
        await MariaDb.ExecuteAsync($"DROP DATABASE {_name}");
        await Tables.DisposeAsync();
        await _redis!.DisposeAsync();
        Consumer.Dispose();
        _redisServer!.Dispose();
        _directory.Delete(recursive: true);
    }

    internal IStrategy Strategy(string name) => name switch
    {
        "naive" => new Naive(Tables),
        "lock-inside" => new LockInside(Tables),
        "lock-outside" => new LockOutside(Tables),
        "redis-lock" => new RedisLock(Tables, Locks),
        "record-lock" => new RecordLock(Tables),
        "record-lock-one-trip" => new RecordLockOneTrip(Tables),
        "redis-incr" => new RedisIncr(Tables, new CouponTotals(Tables), _redis!),
        "redis-script" => new RedisScript(new CouponTotals(Tables), _redis!),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such strategy."),
    };

    /// <summary>Who has a row, as often as they have one; after the queue has been written.</summary>
    internal async Task<List<long>> HoldersAsync(long couponId)
    {
        while (await Consumer.ConsumeAsync() > 0)
        {
        }

        await using var connection = await Tables.ConnectAsync();
        await using var query = new MySqlCommand($"SELECT user_id FROM coupon_issues WHERE coupon_id = {couponId} ORDER BY user_id", connection);
        await using var rows = await query.ExecuteReaderAsync();
        var holders = new List<long>();
        while (await rows.ReadAsync())
            holders.Add(rows.GetInt64(0));
        return holders;
    }
}
