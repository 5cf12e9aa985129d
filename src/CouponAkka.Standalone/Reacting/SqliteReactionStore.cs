using System.Numerics;
using System.Text;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Reacting;

/// <summary>
/// How far reactions are, in a SQLite file of its own. It holds nothing that can't be had again: one that is lost, damaged, of another version or of
/// another journal is begun anew, which delivers again what was delivered. Each row carries a checksum, for a number that is too high would lose what
/// it passes. One thread at a time uses it.
/// </summary>
internal sealed partial class SqliteReactionStore(DataDirectory data, EventJournal journal, EntityKinds kinds, ILogger<SqliteReactionStore> log)
    : IReactionStore, IDisposable
{
    private const int SchemaVersion = 1;
    private const int Position = 1;
    private const int Progress = 2;
    private const int Due = 3;

    private readonly string _path = data.Reactions;
    private Opened? _opened;

    public Task<ReactionState> LoadAsync(CancellationToken cancel) => Task.FromResult(InOurWords(Load));

    public Task SaveAsync(ReactionState changes, CancellationToken cancel)
    {
        var opened = _opened ?? throw new InvalidOperationException("It is loaded before it is saved.");
        InOurWords(() => opened.Save(changes));
        return Task.CompletedTask;
    }

    public void Dispose() => Close();

    private ReactionState Load()
    {
        Close();
        if (!File.Exists(_path) && journal.LastOrdering > 0)
            LogRestarted(_path, "it is not there");
        else if (TryLoad(out var whyRestarted) is { } state)
            return state;
        else
            LogRestarted(_path, whyRestarted);
        Close();
        SqliteFile.Delete(_path);
        return TryLoad(out var reason) ?? throw new InvalidOperationException($"{_path} was created, and can't be used: {reason}.");
    }

    // Null for a file of no use.
    private ReactionState? TryLoad(out string whyRestarted)
    {
        try
        {
            _opened = Opened.Open(_path, journal.Id);
            whyRestarted = _opened.WhyUseless(journal);
            return whyRestarted.Length == 0 ? _opened.Load(kinds) : null;
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            whyRestarted = damage.Message;
            return null;
        }
        catch (InvalidDataException damage)
        {
            whyRestarted = damage.Message;
            return null;
        }
    }

    private void Close()
    {
        _opened?.Dispose();
        _opened = null;
    }

    private T InOurWords<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException failure)
        {
            throw new IOException($"{_path}: {failure.Explain()}", failure);
        }
    }

    private void InOurWords(Action work) => InOurWords(() =>
    {
        work();
        return true;
    });

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Reactions are delivered again from the first event of the journal on, because {Path} can't be used: {Why}. "
            + "Receivers ignore what they have taken.")]
    private partial void LogRestarted(string path, string why);

    private sealed class Opened : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly WriteTransaction _transaction;
        private readonly SqliteCommand _position;
        private readonly SqliteCommand _progress;
        private readonly SqliteCommand _due;
        private readonly SqliteCommand _neverDue;

        private Opened(SqliteConnection connection)
        {
            _connection = connection;
            _transaction = new WriteTransaction(connection);
            _position = connection.Prepare("UPDATE reactions SET position = $1, checksum = $2", "$1", "$2");
            _progress = connection.Prepare(
                "INSERT OR REPLACE INTO reaction_progress (kind, entity_id, number, stalled_because, checksum) VALUES ($1, $2, $3, $4, $5)",
                "$1", "$2", "$3", "$4", "$5");
            _due = connection.Prepare(
                "INSERT OR REPLACE INTO reaction_due (kind, entity_id, due, checksum) VALUES ($1, $2, $3, $4)", "$1", "$2", "$3", "$4");
            _neverDue = connection.Prepare("DELETE FROM reaction_due WHERE kind = $1 AND entity_id = $2", "$1", "$2");
        }

        public static Opened Open(string path, string journalId)
        {
            // To lose the last moments to a power cut costs no more than to deliver again.
            var connection = SqliteFile.OpenReadWrite(path, synchronous: "NORMAL");
            try
            {
                if (connection.Scalar<long>("PRAGMA user_version") == 0)
                    CreateSchema(connection, journalId);
                return new Opened(connection);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }

        /// <summary>Empty for one that can be used.</summary>
        public string WhyUseless(EventJournal journal)
        {
            if (_connection.Scalar<long>("PRAGMA user_version") is not SchemaVersion and var version)
                return $"its schema is {version} and this program's is {SchemaVersion}";
            if (_connection.Scalar<string>("SELECT journal_id FROM reactions") != journal.Id)
                return "it was begun beside another journal";
            var position = _connection.Scalar<long>("SELECT position FROM reactions");
            return position > journal.LastOrdering ? $"it has seen event {position}, and the journal ends at event {journal.LastOrdering}" : "";
        }

        /// <exception cref="InvalidDataException">A row is not as it was written.</exception>
        public ReactionState Load(EntityKinds kinds)
        {
            var position = 0L;
            var progress = new List<SourceProgress>();
            var due = new List<EntityDue>();
            foreach (var (_, _, number, _) in Rows("SELECT 0, 0, position, NULL, checksum FROM reactions", Position))
                position = number;
            // What a kind had that this program does not know any more waits for a program that does.
            var sources = Rows("SELECT kind, entity_id, number, stalled_because, checksum FROM reaction_progress", Progress);
            foreach (var (kind, id, number, because) in sources)
            {
                if (kinds.Numbered(kind) is { } known)
                    progress.Add(new SourceProgress(new EntityKey(known, id), number, because));
            }

            foreach (var (kind, id, at, _) in Rows("SELECT kind, entity_id, due, NULL, checksum FROM reaction_due", Due))
            {
                if (kinds.Numbered(kind) is { } known)
                    due.Add(new EntityDue(new EntityKey(known, id), new Timestamp(at)));
            }

            return new ReactionState(position, progress, due);
        }

        public void Save(ReactionState changes)
        {
            _transaction.Begin();
            try
            {
                foreach (var (key, number, because) in changes.Progress)
                    Save(key, number, because);
                foreach (var (key, at) in changes.Due)
                    Save(key, at);
                _position.With(changes.Position, ChecksumOf(Position, 0, 0, changes.Position, null)).ExecuteNonQuery();
                _transaction.Commit();
            }
            catch
            {
                _transaction.Rollback();
                throw;
            }
        }

        public void Dispose()
        {
            foreach (var command in (ReadOnlySpan<SqliteCommand>)[_position, _progress, _due, _neverDue])
                command.Dispose();
            _transaction.Dispose();
            _connection.Dispose();
        }

        private void Save(EntityKey key, long number, string? because) => _progress
            .With(key.Kind.Number, key.Id, number, because, ChecksumOf(Progress, key.Kind.Number, key.Id, number, because)).ExecuteNonQuery();

        private void Save(EntityKey key, Timestamp? at)
        {
            if (at is { UnixMicroseconds: var due })
                _due.With(key.Kind.Number, key.Id, due, ChecksumOf(Due, key.Kind.Number, key.Id, due, null)).ExecuteNonQuery();
            else
                _neverDue.With(key.Kind.Number, key.Id).ExecuteNonQuery();
        }

        private IEnumerable<(long Kind, long Id, long Number, string? Because)> Rows(string sql, int what)
        {
            using var command = _connection.Prepare(sql);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                // Damage may turn a column into another type.
                var row = (Number(reader, 0), Number(reader, 1), Number(reader, 2), reader.GetValue(3) as string);
                if (Number(reader, 4) != ChecksumOf(what, row.Item1, row.Item2, row.Item3, row.Item4))
                    throw new InvalidDataException("a row is damaged: its checksum does not match");
                yield return row;
            }
        }

        private static long Number(SqliteDataReader reader, int column) => reader.GetValue(column) is long number ? number : -1;

        private static long ChecksumOf(int what, long kind, long id, long number, string? because)
        {
            var crc = uint.MaxValue;
            foreach (var value in (ReadOnlySpan<long>)[what, kind, id, number])
                crc = BitOperations.Crc32C(crc, (ulong)value);
            return Crc32C.Append(crc, Encoding.UTF8.GetBytes(because ?? ""));
        }

        private static void CreateSchema(SqliteConnection connection, string journalId) => connection.Execute($"""
            BEGIN IMMEDIATE;
            CREATE TABLE reactions (journal_id TEXT NOT NULL, position INTEGER NOT NULL, checksum INTEGER NOT NULL);
            INSERT INTO reactions VALUES ('{journalId}', 0, {ChecksumOf(Position, 0, 0, 0, null)});
            CREATE TABLE reaction_progress (
                kind INTEGER NOT NULL,
                entity_id INTEGER NOT NULL,
                number INTEGER NOT NULL,
                stalled_because TEXT,
                checksum INTEGER NOT NULL,
                PRIMARY KEY (kind, entity_id)) WITHOUT ROWID;
            CREATE TABLE reaction_due (
                kind INTEGER NOT NULL,
                entity_id INTEGER NOT NULL,
                due INTEGER NOT NULL,
                checksum INTEGER NOT NULL,
                PRIMARY KEY (kind, entity_id)) WITHOUT ROWID;
            PRAGMA user_version = {SchemaVersion};
            COMMIT;
            """);
    }
}
