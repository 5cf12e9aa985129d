using CouponAkka.Domain;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;
using CouponAkka.Standalone.Database;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Notifying;

/// <summary>
/// The webhooks and how far each is, in a SQLite file of its own: nothing can make them again, so a damaged one is left as it is. Any thread may use it.
/// </summary>
internal sealed class SqliteWebhooks(DataDirectory data, INotifications notifications, TimeProvider clock) : IWebhooks, IWebhookDeliveries
{
    private const int SchemaVersion = 1;

    private readonly Lock _gate = new();

    public async ValueTask<Webhook?> AddAsync(string url, IReadOnlyList<string>? kinds, string secret, CancellationToken cancel)
    {
        var (now, last) = (Timestamp.From(clock.GetUtcNow()), await notifications.LastAsync(cancel));
        return Use(connection =>
        {
            if (connection.Scalar<long>("SELECT count(*) FROM webhooks") >= Webhook.Most)
                return null;
            using var add = connection.Prepare(
                "INSERT INTO webhooks (url, kinds, secret, created, delivered) VALUES ($1, $2, $3, $4, $5) RETURNING id", "$1", "$2", "$3", "$4", "$5");
            var id = (long)add.With(url, Webhook.ToJson(kinds), secret, now.UnixMicroseconds, last).ExecuteScalar()!;
            return new Webhook(id, url, kinds, secret, now, new WebhookState(last));
        });
    }

    public ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancel) => new(Use(connection =>
    {
        using var list = connection.Prepare(
            "SELECT id, url, kinds, secret, created, delivered, failing_since, last_error, next_try FROM webhooks ORDER BY id");
        using var reader = list.ExecuteReader();
        var webhooks = new List<Webhook>();
        while (reader.Read())
        {
            webhooks.Add(new Webhook(
                reader.GetInt64(0),
                reader.GetString(1),
                Webhook.KindsFrom(reader.GetValue(2) as string),
                reader.GetString(3),
                new Timestamp(reader.GetInt64(4)),
                new WebhookState(reader.GetInt64(5), Time(reader, 6), reader.GetValue(7) as string, Time(reader, 8))));
        }

        return webhooks;
    }));

    public ValueTask<bool> RemoveAsync(long id, CancellationToken cancel) => new(Use(connection =>
    {
        using var remove = connection.Prepare("DELETE FROM webhooks WHERE id = $1", "$1");
        return remove.With(id).ExecuteNonQuery() > 0;
    }));

    public ValueTask<bool> SaveAsync(long id, WebhookState state, CancellationToken cancel) => new(Use(connection =>
    {
        using var save = connection.Prepare(
            "UPDATE webhooks SET delivered = $2, failing_since = $3, last_error = $4, next_try = $5 WHERE id = $1", "$1", "$2", "$3", "$4", "$5");
        return save.With(id, state.Delivered, state.FailingSince?.UnixMicroseconds, state.LastError, state.NextTry?.UnixMicroseconds).ExecuteNonQuery() > 0;
    }));

    private static Timestamp? Time(SqliteDataReader reader, int column) => reader.GetValue(column) is long at ? new Timestamp(at) : null;

    // Opened for each: they are few, and a file that was put back from a backup is the one that is used.
    private T Use<T>(Func<SqliteConnection, T> work)
    {
        lock (_gate)
        {
            try
            {
                using var connection = SqliteFile.OpenReadWrite(data.Webhooks, synchronous: "FULL");
                RequireSchema(connection);
                return work(connection);
            }
            catch (SqliteException failure)
            {
                throw new ReadModelUnavailableException($"{data.Webhooks}: {failure.Explain()}", failure);
            }
        }
    }

    private void RequireSchema(SqliteConnection connection)
    {
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (version == 0)
        {
            connection.Execute($"""
                BEGIN IMMEDIATE;
                CREATE TABLE webhooks (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    url TEXT NOT NULL,
                    kinds TEXT,
                    secret TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    delivered INTEGER NOT NULL,
                    failing_since INTEGER,
                    last_error TEXT,
                    next_try INTEGER);
                PRAGMA user_version = {SchemaVersion};
                COMMIT;
                """);
        }
        else if (version != SchemaVersion)
        {
            throw new ReadModelUnavailableException($"the schema of {data.Webhooks} is {version}, and this program's is {SchemaVersion}.");
        }
    }
}
