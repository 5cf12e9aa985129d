using System.Collections.Concurrent;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using MySqlConnector;
using PluginRow = Akka.Persistence.Sql.Journal.Types.JournalRow;

namespace CouponAkka.Sharded.Tests.Journal;

/// <summary>
/// Coupons that write to a journal as actors do: one write at a time, of one to three rows; whoever hears of a failure looks up where the journal ends,
/// and goes on from there. At the end everything is compared with what was told.
/// </summary>
internal sealed class JournalCrowd : IAsyncDisposable
{
    private readonly CancellationTokenSource _enough = new();
    private readonly ConcurrentDictionary<(string PersistenceId, long SequenceNumber), string> _acknowledged = new();
    private readonly ConcurrentDictionary<string, long> _written = new();
    private readonly ConcurrentDictionary<string, int> _failed = new();
    private readonly JournalWriter _writer;
    private readonly CouponDatabase _database;
    private readonly List<Task> _coupons;

    public JournalCrowd(JournalWriter writer, CouponDatabase database, int coupons)
    {
        _writer = writer;
        _database = database;
        _coupons = [.. Enumerable.Range(0, coupons).Select(i => Task.Run(() => WriteAsync(Id(i))))];
    }

    public int Failures => _failed.Values.Sum();

    public static string Id(int coupon) => $"coupon-{100 + coupon}";

    public static JournalWrite Write(string persistenceId, long first, int rows = 1, int bytes = 30, bool alone = false) => new(
        persistenceId,
        [.. Enumerable.Range(0, rows).Select(i => new PluginRow
        {
            PersistenceId = persistenceId,
            SequenceNumber = first + i,
            Timestamp = DateTime.UtcNow.Ticks,
            Message = Message(bytes),
            Identifier = CouponSerializer.Id,
            Manifest = $"{first}+{rows}",
        })],
        alone);

    public long WrittenBy(int coupon) => _written.GetValueOrDefault(Id(coupon));

    public int FailuresOf(int coupon) => _failed.GetValueOrDefault(Id(coupon));

    /// <summary>Waits until each of these coupons has written so many times more.</summary>
    public async Task WriteMoreAsync(int times, IEnumerable<int> coupons)
    {
        foreach (var (coupon, until) in coupons.Select(coupon => (coupon, WrittenBy(coupon) + times)).ToList())
            await Eventually.HoldsAsync(() => WrittenBy(coupon) >= until, () => $"{Id(coupon)} has written {WrittenBy(coupon)} times, and failed {FailuresOf(coupon)} times.");
    }

    /// <summary>Ends the load, and holds the journal against what was told.</summary>
    public async Task AuditAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_coupons).WaitAsync(Eventually.Deadline);
        var rows = new Dictionary<(string, long), (string Message, string Manifest)>();
        await using var connection = new MySqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new MySqlCommand("SELECT persistence_id, sequence_number, message, manifest FROM journal WHERE created > 0 ORDER BY ordering", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var last = new Dictionary<string, long>();
        while (await reader.ReadAsync())
        {
            var (id, number) = (reader.GetString(0), reader.GetInt64(1));
            Assert.True(rows.TryAdd((id, number), (Convert.ToHexString((byte[])reader[2]), reader.GetString(3))));
            Assert.True(number > last.GetValueOrDefault(id), $"{id}: {number} stands after {last.GetValueOrDefault(id)}.");
            last[id] = number;
        }

        foreach (var (key, message) in _acknowledged)
            Assert.Equal(message, rows[key].Message);
        foreach (var ((id, number), (_, manifest)) in rows)
        {
            var write = manifest.Split('+').Select(long.Parse).ToArray();
            for (var i = 0; i < write[1]; i++)
                Assert.Equal(manifest, rows.GetValueOrDefault((id, write[0] + i)).Manifest);
            Assert.InRange(number, write[0], write[0] + write[1] - 1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_coupons).WaitAsync(Eventually.Deadline);
        _enough.Dispose();
    }

    private static byte[] Message(int bytes)
    {
        // Every byte there is: nothing may depend on how one is quoted.
        var message = new byte[bytes];
        Random.Shared.NextBytes(message);
        return message;
    }

    private async Task WriteAsync(string persistenceId)
    {
        var next = 1L;
        while (!_enough.IsCancellationRequested)
        {
            var write = Write(persistenceId, next, Random.Shared.Next(1, 4), Random.Shared.Next(0, 300), alone: next == 1);
            try
            {
                _writer.Write(write);
                await write.Done.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                next += write.Rows.Count;
                foreach (var row in write.Rows)
                    Assert.True(_acknowledged.TryAdd((persistenceId, row.SequenceNumber), Convert.ToHexString(row.Message)));
                _written.AddOrUpdate(persistenceId, 1, (_, before) => before + 1);
            }
            catch (Exception failed) when (failed is MySqlException or TimeoutException or InvalidOperationException)
            {
                _failed.AddOrUpdate(persistenceId, 1, (_, before) => before + 1);
                next = await RecoverAsync(persistenceId);
            }
        }
    }

    private async Task<long> RecoverAsync(string persistenceId)
    {
        while (true)
        {
            await _writer.SettledAsync(persistenceId);
            try
            {
                await using var connection = _database.Connect();
                return 1 + await connection.ExecuteAsync<long>($"SELECT COALESCE(MAX(sequence_number), 0) FROM journal WHERE persistence_id = '{persistenceId}'");
            }
            catch (MySqlException) when (!_enough.IsCancellationRequested)
            {
                // The database is away; who recovers asks again.
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
