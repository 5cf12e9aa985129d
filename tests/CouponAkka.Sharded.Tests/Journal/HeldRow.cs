using CouponAkka.Contracts;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using LinqToDB.Data;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Journal;

/// <summary>
/// One of a coupon's next numbers, inserted by somebody who neither commits nor rolls back: as a process leaves it that froze in its transaction.
/// Rolled back when disposed.
/// </summary>
internal sealed class HeldRow : IAsyncDisposable
{
    private readonly DataConnection _holder;
    private bool _released;

    private HeldRow(DataConnection holder) => _holder = holder;

    /// <param name="number">If left out, one a little ahead, for the coupon is writing meanwhile.</param>
    public static async Task<HeldRow> TakeAsync(CouponDatabase database, string persistenceId, long? number = null)
    {
        for (var ahead = 2; ; ahead *= 2)
        {
            var holder = database.Connect();
            // The key refuses a gap by now; who froze may be of a version before.
            await holder.ExecuteAsync("SET SESSION foreign_key_checks = 0");
            var next = number ?? ahead + await holder.ExecuteAsync<long>($"SELECT COALESCE(MAX(sequence_number), 0) FROM journal WHERE persistence_id = '{persistenceId}'");
            await holder.BeginTransactionAsync();
            try
            {
                await holder.ExecuteAsync($"INSERT INTO journal (persistence_id, sequence_number, created, message) VALUES ('{persistenceId}', {next}, 0, 'x')");
                return new(holder);
            }
            catch (MySqlException taken) when (taken.ErrorCode == MySqlErrorCode.DuplicateKeyEntry)
            {
                await holder.DisposeAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_released)
            return;
        _released = true;
        await _holder.RollbackTransactionAsync();
        await _holder.DisposeAsync();
    }
}

/// <summary>Another writer of a coupon, who does not know that there is one.</summary>
internal static class Rival
{
    /// <summary>Takes the coupon's next number with an event of no meaning.</summary>
    public static async Task LandAsync(CouponDatabase database, string persistenceId)
    {
        while (true)
        {
            try
            {
                await using var connection = database.Connect();
                await connection.ExecuteAsync(
                    $"""
                    INSERT INTO journal (persistence_id, sequence_number, created, message, identifier, manifest)
                    SELECT '{persistenceId}', MAX(sequence_number) + 1, 0, x'00', {CouponSerializer.Id}, '{WriterFence.Manifest}' FROM journal WHERE persistence_id = '{persistenceId}'
                    """);
                return;
            }
            catch (MySqlException late) when (late.ErrorCode is MySqlErrorCode.DuplicateKeyEntry or MySqlErrorCode.LockDeadlock or MySqlErrorCode.LockWaitTimeout)
            {
                // The coupon was quicker.
            }
        }
    }
}
