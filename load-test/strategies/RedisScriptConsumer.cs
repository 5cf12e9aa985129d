using System.Text;
using MySqlConnector;
using StackExchange.Redis;

namespace CouponAkka.Strategies;

/// <summary>
/// Writes what <see cref="RedisScript"/> queued to MySQL, a batch a transaction, and takes a batch from the queue once it is written. A
/// crash in between brings the batch again; users who have a row already are then left out. One consumer for all processes: with two,
/// each would take away what the other reads.
/// </summary>
internal sealed partial class RedisScriptConsumer(CouponTables tables, IConnectionMultiplexer redis, ILogger<RedisScriptConsumer> log) : BackgroundService
{
    private const int BatchSize = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IDatabase _redis = redis.GetDatabase();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var taken = 0;
            try
            {
                taken = await ConsumeAsync();
            }
            catch (Exception failure) when (failure is RedisException or RedisTimeoutException or MySqlException)
            {
                // Redis or the database is away: the batch is still in the queue.
                LogRetry(failure);
            }

            if (taken < BatchSize)
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Writes one batch.</summary>
    /// <returns>How many were taken from the queue.</returns>
    internal async Task<int> ConsumeAsync()
    {
        var batch = await _redis.ListRangeAsync(RedisScript.Queue, 0, BatchSize - 1);
        if (batch.Length == 0)
            return 0;
        var issues = batch.Select(entry => ((string)entry!).Split(':')).Select(parts => (Coupon: long.Parse(parts[0]), User: long.Parse(parts[1])));
        await using (var connection = await tables.ConnectAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            foreach (var ofCoupon in issues.GroupBy(issue => issue.Coupon, issue => issue.User))
                await WriteAsync(transaction, ofCoupon.Key, [.. ofCoupon.Distinct()]);
            await transaction.CommitAsync();
        }

        await _redis.ListTrimAsync(RedisScript.Queue, batch.Length, -1);
        return batch.Length;
    }

    private static async Task WriteAsync(MySqlTransaction transaction, long couponId, List<long> users)
    {
        var connection = transaction.Connection!;
        var written = new HashSet<long>();
        await using (var query = connection.CreateCommand())
        {
            query.CommandText = $"SELECT user_id FROM coupon_issues WHERE coupon_id = {couponId} AND user_id IN ({string.Join(',', users)})";
            await using var rows = await query.ExecuteReaderAsync();
            while (await rows.ReadAsync())
                written.Add(rows.GetInt64(0));
        }

        users.RemoveAll(written.Contains);
        if (users.Count == 0)
            return;
        var insert = new StringBuilder("INSERT INTO coupon_issues (coupon_id, user_id) VALUES ");
        insert.AppendJoin(',', users.Select(user => $"({couponId},{user})"));
        insert.Append($"; UPDATE coupons SET issued_quantity = issued_quantity + {users.Count} WHERE id = {couponId}");
        await using var command = connection.CreateCommand();
        command.CommandText = insert.ToString();
        await command.ExecuteNonQueryAsync();
    }

    [LoggerMessage(LogLevel.Warning, "The queue is tried again.")]
    private partial void LogRetry(Exception failure);
}
