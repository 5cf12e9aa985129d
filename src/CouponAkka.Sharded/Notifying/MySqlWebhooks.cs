using CouponAkka.Domain;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Database;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;
using MySqlConnector;

namespace CouponAkka.Sharded.Notifying;

/// <summary>The webhooks, in the table <c>webhooks</c>. Any thread may use it.</summary>
internal sealed class MySqlWebhooks(CouponDatabase database, TimeProvider clock) : IWebhooks
{
    public async ValueTask<Webhook?> AddAsync(string url, IReadOnlyList<string>? kinds, string secret, CancellationToken cancel) =>
        await InOurWordsAsync(() => database.InTransactionAsync(async connection =>
        {
            // Waits for who numbers, so that it begins where the numbers end; and for who adds another one.
            var position = await NumberingRow.LockAsync(connection);
            if (await connection.GetTable<WebhookRow>().CountAsync(cancel) >= Webhook.Most)
                return null;
            var (now, json, delivered) = (Timestamp.From(clock.GetUtcNow()), Webhook.ToJson(kinds), position.NextN - 1);
            var id = await connection.GetTable<WebhookRow>().InsertWithInt64IdentityAsync(
                () => new WebhookRow { Url = url, Kinds = json, Secret = secret, Created = now, Delivered = delivered }, cancel);
            return new Webhook(id, url, kinds, secret, now, new WebhookState(delivered));
        }));

    public async ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancel) => await InOurWordsAsync(async () =>
    {
        await using var connection = database.Connect();
        return (await connection.GetTable<WebhookRow>().OrderBy(row => row.Id).ToListAsync(cancel)).ConvertAll(row => row.ToWebhook());
    });

    public async ValueTask<bool> RemoveAsync(long id, CancellationToken cancel) => await InOurWordsAsync(async () =>
    {
        await using var connection = database.Connect();
        return await connection.GetTable<WebhookRow>().DeleteAsync(row => row.Id == id, cancel) > 0;
    });

    private static async Task<T> InOurWordsAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (MySqlException failure)
        {
            throw new ReadModelUnavailableException(failure);
        }
    }
}

/// <summary>The webhooks for who posts to them in this epoch: <see cref="NumberingRunner"/>.</summary>
internal sealed class MySqlWebhookDeliveries(CouponDatabase database, MySqlWebhooks webhooks, long epoch) : IWebhookDeliveries
{
    // The column holds 65,535 bytes.
    private const int LongestError = 1_000;

    public ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancel) => webhooks.ListAsync(cancel);

    public async ValueTask<bool> SaveAsync(long id, WebhookState state, CancellationToken cancel)
    {
        var (delivered, failingSince, error, nextTry) = state;
        var shortened = error?.Length > LongestError ? error[..LongestError] : error;
        return await database.InTransactionAsync(async connection =>
        {
            // Not locked, so that those who post do not wait for who numbers: at worst, what was taken just now is posted again.
            if (await connection.GetTable<NumberingRow>().Select(row => row.Epoch).SingleAsync(cancel) != epoch)
                return false;
            await connection.GetTable<WebhookRow>().Where(row => row.Id == id && row.Delivered <= delivered)
                .Set(row => row.Delivered, delivered).Set(row => row.FailingSince, failingSince)
                .Set(row => row.LastError, shortened).Set(row => row.NextTry, nextTry)
                .UpdateAsync(cancel);
            return await connection.GetTable<WebhookRow>().AnyAsync(row => row.Id == id, cancel);
        });
    }
}

/// <summary>A row of <c>webhooks</c>.</summary>
[Table("webhooks")]
internal sealed record WebhookRow
{
    [PrimaryKey, Identity, Column("id")]
    public long Id { get; init; }

    [Column("url")]
    public required string Url { get; init; }

    [Column("kinds")]
    public string? Kinds { get; init; }

    [Column("secret")]
    public required string Secret { get; init; }

    [Column("created")]
    public Timestamp Created { get; init; }

    [Column("delivered")]
    public long Delivered { get; init; }

    [Column("failing_since")]
    public Timestamp? FailingSince { get; init; }

    [Column("last_error")]
    public string? LastError { get; init; }

    [Column("next_try")]
    public Timestamp? NextTry { get; init; }

    public Webhook ToWebhook() =>
        new(Id, Url, Webhook.KindsFrom(Kinds), Secret, Created, new WebhookState(Delivered, FailingSince, LastError, NextTry));
}
