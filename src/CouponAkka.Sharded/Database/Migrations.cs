using System.Globalization;
using CouponAkka.Engine;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;
using MySqlConnector;

namespace CouponAkka.Sharded.Database;

/// <summary>
/// Brings a database to the schema of this program: the numbered scripts beside this file, in order, each once. A script may be cut off
/// anywhere and is then run again, so its statements must bear that (<c>IF NOT EXISTS</c>): MySQL can't roll back DDL.
/// One whose first line is <c>-- additive</c> is borne by programs that do not know it. Such a one is noted under its number with a minus,
/// which they don't take for a newer schema, so that a version before may come back.
/// </summary>
internal static class Migrations
{
    private const string ResourcePrefix = "CouponAkka.Sharded.Database.Migrations.";
    private const int LockSeconds = 60;
    private const int MaxLockNameLength = 64;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private static readonly Script[] Scripts =
    [
        .. typeof(Migrations).Assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(Script.Parse),
    ];

    /// <summary>Applies what is not applied yet, after making the database if there is none; returns the names of what it applied.</summary>
    /// <exception cref="StartupException">It can't, or the database is of a newer program.</exception>
    public static Task<IReadOnlyList<string>> MigrateAsync(CouponDatabase database, CancellationToken cancel = default) =>
        ExplainAsync<IReadOnlyList<string>>(database, async () =>
        {
            await CreateDatabaseAsync(database, cancel);
            await using var connection = database.Connect();
            connection.CommandTimeout = 0;
            // A DDL statement commits, so no transaction keeps two processes apart; a lock of the session does. Its name is the whole server's.
            var name = $"migrate {database.Name}";
            var lockName = new { name = name[..Math.Min(MaxLockNameLength, name.Length)], seconds = LockSeconds };
            if (await connection.ExecuteAsync<int?>("SELECT GET_LOCK(@name, @seconds)", lockName, cancel) != 1)
                throw new StartupException($"Another process is migrating database '{database.Name}' for more than {LockSeconds} s.");
            try
            {
                return await ApplyMissingAsync(connection, database, cancel);
            }
            finally
            {
                await connection.ExecuteAsync("DO RELEASE_LOCK(@name)", lockName, CancellationToken.None);
            }
        });

    /// <summary>Returns if the database has exactly the schema that this program needs.</summary>
    /// <exception cref="StartupException">It has not, or can't be reached.</exception>
    public static Task RequireUpToDateAsync(CouponDatabase database, CancellationToken cancel = default) =>
        ExplainAsync(database, async () =>
        {
            if (!await IsUpToDateAsync(database, cancel))
                throw new StartupException($"Database '{database.Name}' on {database.Server} is not migrated: run CouponAkka.Node --migrate.");
            return true;
        });

    /// <summary>Returns once the database can be reached and has the schema that this program needs; says what it waits for, each thing once.</summary>
    /// <exception cref="StartupException">The database is of a newer program: there is nothing to wait for.</exception>
    public static async Task AwaitAsync(CouponDatabase database, Action<string> say, TimeProvider time, CancellationToken cancel = default)
    {
        string? said = null;
        while (await TroubleAsync(database, cancel) is { } trouble)
        {
            if (trouble != said)
                say(trouble);
            said = trouble;
            await Task.Delay(Between, time, cancel);
        }
    }

    private static async Task<string?> TroubleAsync(CouponDatabase database, CancellationToken cancel)
    {
        try
        {
            return await IsUpToDateAsync(database, cancel) ? null : $"Waiting until database '{database.Name}' on {database.Server} is migrated.";
        }
        catch (MySqlException failure)
        {
            return $"Waiting for database '{database.Name}' on {database.Server}: {failure.Message}";
        }
    }

    private static async Task<bool> IsUpToDateAsync(CouponDatabase database, CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var exists = await connection.ExecuteAsync<long>(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'", cancel) == 1;
        var applied = exists ? await AppliedVersionsAsync(connection, cancel) : [];
        RequireKnown(applied, database);
        return Scripts.All(script => applied.Contains(script.NotedAs));
    }

    private static async Task<IReadOnlyList<string>> ApplyMissingAsync(DataConnection connection, CouponDatabase database, CancellationToken cancel)
    {
        await connection.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version INT NOT NULL,
                name VARCHAR(255) NOT NULL,
                applied DATETIME(6) NOT NULL,
                PRIMARY KEY (version)
            )
            """,
            cancel);
        var applied = await AppliedVersionsAsync(connection, cancel);
        RequireKnown(applied, database);
        var missing = Scripts.Where(script => !applied.Contains(script.NotedAs)).ToList();
        foreach (var script in missing)
        {
            try
            {
                await connection.ExecuteAsync(script.Sql, cancel);
            }
            catch (MySqlException failure) when (failure.ErrorCode == MySqlErrorCode.NoReferencedRow2)
            {
                throw new StartupException(
                    $"Migration {script.Name} of database '{database.Name}' changed nothing: {await JournalHoles.DescribeAsync(connection, cancel)}", failure);
            }
            catch (MySqlException failure)
            {
                throw new StartupException($"Migration {script.Name} of database '{database.Name}' failed: {failure.Message}", failure);
            }

            await connection.ExecuteAsync(
                "INSERT INTO schema_migrations (version, name, applied) VALUES (@version, @name, UTC_TIMESTAMP(6))",
                new { version = script.NotedAs, name = script.Name },
                cancel);
        }

        return [.. missing.Select(script => script.Name)];
    }

    private static async Task<HashSet<int>> AppliedVersionsAsync(DataConnection connection, CancellationToken cancel) =>
        [.. await connection.GetTable<AppliedMigration>().Select(migration => migration.Version).ToListAsync(cancel)];

    private static void RequireKnown(HashSet<int> applied, CouponDatabase database)
    {
        if (applied.Count > 0 && applied.Max() > Scripts[^1].Version)
        {
            throw new StartupException(
                $"Database '{database.Name}' has migration {applied.Max()}, and this program knows them up to {Scripts[^1].Version}: run the newer program.");
        }
    }

    // Only if it is missing: whoever may not create databases is given one.
    private static async Task CreateDatabaseAsync(CouponDatabase database, CancellationToken cancel)
    {
        try
        {
            await using var probe = new MySqlConnection(database.ConnectionString);
            await probe.OpenAsync(cancel);
        }
        catch (MySqlException failure) when (failure.ErrorCode == MySqlErrorCode.UnknownDatabase)
        {
            var server = new MySqlConnectionStringBuilder(database.ConnectionString) { Database = "" };
            await using var connection = new MySqlConnection(server.ConnectionString);
            await connection.OpenAsync(cancel);
            await using var create = connection.CreateCommand();
            create.CommandText = $"CREATE DATABASE IF NOT EXISTS `{database.Name.Replace("`", "``", StringComparison.Ordinal)}` CHARACTER SET utf8mb4";
            await create.ExecuteNonQueryAsync(cancel);
        }
    }

    private static async Task<T> ExplainAsync<T>(CouponDatabase database, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (MySqlException failure) when (failure.ErrorCode == MySqlErrorCode.UnknownDatabase)
        {
            throw new StartupException($"Database '{database.Name}' on {database.Server} does not exist: run CouponAkka.Node --migrate.", failure);
        }
        catch (MySqlException failure)
        {
            throw new StartupException($"Database '{database.Name}' on {database.Server} can't be used: {failure.Message}", failure);
        }
    }

    [Table("schema_migrations")]
    private sealed class AppliedMigration
    {
        [Column("version")]
        public int Version { get; init; }
    }

    /// <param name="Name">Like <c>0001_journal</c>.</param>
    /// <param name="NotedAs">The number under which it is noted when it has been applied.</param>
    private sealed record Script(int Version, string Name, int NotedAs, string Sql)
    {
        private const string Additive = "-- additive";

        public static Script Parse(string resource)
        {
            using var reader = new StreamReader(typeof(Migrations).Assembly.GetManifestResourceStream(resource)!);
            var sql = reader.ReadToEnd();
            var name = Path.GetFileNameWithoutExtension(resource[ResourcePrefix.Length..]);
            var version = int.Parse(name.AsSpan(0, name.IndexOf('_')), NumberStyles.None, CultureInfo.InvariantCulture);
            return new(version, name, sql.StartsWith(Additive, StringComparison.Ordinal) ? -version : version, sql);
        }
    }
}
