using System.Globalization;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Reacting;

/// <summary>Keeps in the database how far reactions are. Each transaction asks it whose turn it is: so two runners at once do no harm.</summary>
internal sealed class MySqlReactionStore(CouponDatabase database, EntityKinds kinds) : IReactionStore
{
    // The column holds 65,535 bytes, and a save must not fail for what an exception says.
    private const int LongestReason = 10_000;

    private long _epoch;

    public async Task<ReactionState> LoadAsync(CancellationToken cancel) => await database.InTransactionAsync(async connection =>
    {
        connection.CommandTimeout = 60;
        var position = await ReactionPositionRow.LockAsync(connection);
        await connection.GetTable<ReactionPositionRow>().Set(row => row.Epoch, row => row.Epoch + 1).UpdateAsync(cancel);
        var progress = await connection.GetTable<SourceRow>().ToListAsync(cancel);
        var due = await connection.GetTable<DueRow>().ToListAsync(cancel);
        _epoch = position.Epoch + 1;
        return new ReactionState(
            position.Ordering,
            [.. progress.SelectMany(row => Known(row.PersistenceId, key => new SourceProgress(key, row.SequenceNumber, row.StalledBecause)))],
            [.. due.SelectMany(row => Known(row.PersistenceId, key => new EntityDue(key, row.DueAt)))]);
    });

    /// <exception cref="NotTheReactorException">Another one has begun to deliver.</exception>
    public Task SaveAsync(ReactionState changes, CancellationToken cancel) => database.InTransactionAsync(async connection =>
    {
        cancel.ThrowIfCancellationRequested();
        var position = await ReactionPositionRow.LockAsync(connection);
        if (position.Epoch != _epoch)
            throw new NotTheReactorException(_epoch, position.Epoch);
        var batch = new SqlBatch(connection);
        await batch.InsertAsync(
            "reaction_progress (persistence_id, sequence_number, stalled_because)",
            " ON DUPLICATE KEY UPDATE sequence_number = VALUES(sequence_number), stalled_because = VALUES(stalled_because)",
            changes.Progress,
            source => batch.Text.Append(
                CultureInfo.InvariantCulture, $"'{PersistenceIds.Of(source.Key)}', {source.Number}, {SqlLiteral.Of(Shortened(source.StalledBecause))}"));
        await batch.InsertAsync(
            "entity_due (persistence_id, due_at)",
            " ON DUPLICATE KEY UPDATE due_at = VALUES(due_at)",
            changes.Due.Where(due => due.At is not null),
            due => batch.Text.Append(CultureInfo.InvariantCulture, $"'{PersistenceIds.Of(due.Key)}', {SqlLiteral.Of(due.At)}"));
        foreach (var due in changes.Due.Where(due => due.At is null))
            batch.Text.Append(CultureInfo.InvariantCulture, $"DELETE FROM entity_due WHERE persistence_id = '{PersistenceIds.Of(due.Key)}';\n");
        batch.Text.Append(CultureInfo.InvariantCulture, $"UPDATE reaction_position SET ordering = {changes.Position};");
        return await batch.SendAsync();
    });

    private static string? Shortened(string? reason) => reason?.Length > LongestReason ? reason[..LongestReason] : reason;

    // A newer program may have written of kinds that this one does not know.
    private IEnumerable<T> Known<T>(string persistenceId, Func<EntityKey, T> of) =>
        PersistenceIds.TryParse(persistenceId, kinds, out var key) ? [of(key.Value)] : [];
}

/// <summary>Another one delivers now. Nothing was saved.</summary>
internal sealed class NotTheReactorException(long epoch, long current)
    : Exception($"Reactions are in epoch {current}, and this runner began epoch {epoch}: another one has begun to deliver.");
