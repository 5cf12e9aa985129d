using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using CouponAkka.Sharded.Database;
using MySqlConnector;

namespace CouponAkka.Sharded.Journal;

/// <summary>What has become of a statement.</summary>
internal abstract record WriteOutcome
{
    /// <summary>All of its rows are durable.</summary>
    public sealed record Written : WriteOutcome
    {
        public static readonly Written Instance = new();
    }

    /// <summary>The server says that it failed: nothing of it is written.</summary>
    public sealed record Refused(MySqlException Cause) : WriteOutcome
    {
        /// <summary>Tried again, it may succeed: it has only been in somebody's way, or was interrupted.</summary>
        public bool MayPass => Cause.ErrorCode is MySqlErrorCode.LockWaitTimeout or MySqlErrorCode.LockDeadlock or MySqlErrorCode.QueryInterrupted;

        /// <summary>It is about rows, and the connection is as good as before.</summary>
        public bool IsOfRows =>
            Cause.ErrorCode is MySqlErrorCode.DuplicateKeyEntry or MySqlErrorCode.NoReferencedRow2 or MySqlErrorCode.LockWaitTimeout or MySqlErrorCode.LockDeadlock;
    }

    /// <summary>There was no connection: nothing has been sent.</summary>
    public sealed record NotSent(Exception Cause) : WriteOutcome;

    /// <summary>The connection was lost, or has said nothing for as long as a write may take: nobody knows.</summary>
    public sealed record Unknown(Exception Cause) : WriteOutcome;
}

/// <summary>
/// A connection of the journal's own, opened when it is needed, and anew when there is doubt. Its session is set up once; then a write is one
/// round trip: one <c>INSERT</c> that commits itself, so that a process that freezes leaves no transaction open. One caller at a time.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Whoever uses it detaches what there is to close.")]
internal sealed class WriterConnection(CouponDatabase database, TimeSpan writeTimeout)
{
    // In the order in which Akka.Persistence.Sql names them, which reads what stands here.
    private const string Insert =
        "INSERT INTO journal (persistence_id, sequence_number, deleted, created, tags, message, identifier, manifest) VALUES ";

    /// <summary>How long the server keeps a session that says nothing, in seconds.</summary>
    private const int IdleSeconds = 10;

    /// <summary>Whoever was idle longer is asked whether it is still there: that is free when there is little to do, and never asked when there is much.</summary>
    private static readonly TimeSpan SurelyThere = TimeSpan.FromMilliseconds(100);

    private readonly MySqlConnectionStringBuilder _settings = new(database.ConnectionString)
    {
        Pooling = false,
        // At the time-out the line is cut. Asking the server to stop would take a second line and more time.
        CancellationTimeout = -1,
        DefaultCommandTimeout = Seconds(writeTimeout),
    };

    private MySqlConnection? _connection;
    private long _used;
    private volatile bool _doubted;
    private volatile bool _writing;

    /// <summary>Since when nothing was asked of it.</summary>
    public TimeSpan Idle => Stopwatch.GetElapsedTime(_used);

    /// <summary>It is closed before it is used again. Any thread may say so.</summary>
    public void Doubt() => _doubted = true;

    /// <summary>Writes all rows or none; never throws.</summary>
    public async Task<WriteOutcome> WriteAsync(IReadOnlyList<JournalWrite> writes)
    {
        try
        {
            await EnsureOpenAsync();
        }
        catch (Exception failure) when (failure is MySqlException or TimeoutException or InvalidOperationException or OperationCanceledException or IOException)
        {
            await CloseAsync();
            return new WriteOutcome.NotSent(failure);
        }

        try
        {
            await using var command = Statement(_connection!, writes);
            _writing = true;
            await command.ExecuteNonQueryAsync();
            _used = Stopwatch.GetTimestamp();
            return WriteOutcome.Written.Instance;
        }
        catch (MySqlException failure) when (IsTheServersAnswer(failure))
        {
            _used = Stopwatch.GetTimestamp();
            var refused = new WriteOutcome.Refused(failure);
            if (!refused.IsOfRows)
                Doubt();
            return refused;
        }
        // Whatever it was: those who wait are told that nobody knows.
        catch (Exception failure)
        {
            await CloseAsync();
            return new WriteOutcome.Unknown(failure);
        }
        finally
        {
            _writing = false;
        }
    }

    /// <summary>
    /// Asks the server, on a line of its own, to give up what is being written here; that then fails, unless it was done already. To be called
    /// before <see cref="WriteAsync"/> is called again.
    /// </summary>
    /// <exception cref="MySqlException">It can't be asked, or no longer knows of the statement.</exception>
    public async Task InterruptAsync()
    {
        // While it is being opened or set up there is nothing to give up, and it would fail for no one's fault.
        if (!_writing || _connection is not { State: System.Data.ConnectionState.Open } connection)
            return;
        var session = connection.ServerThread;
        // The request may arrive when its statement is over, and must not hit the next one.
        Doubt();
        await using var killer = new MySqlConnection(_settings.ConnectionString);
        await killer.OpenAsync();
        await using var kill = killer.CreateCommand();
        kill.CommandText = string.Create(CultureInfo.InvariantCulture, $"KILL QUERY {session}");
        await kill.ExecuteNonQueryAsync();
    }

    /// <summary>What there is to close, if anything; nobody may be using it.</summary>
    public MySqlConnection? Detach() => Interlocked.Exchange(ref _connection, null);

    private async Task CloseAsync()
    {
        if (Detach() is { } connection)
            await connection.DisposeAsync();
    }

    private async Task EnsureOpenAsync()
    {
        if (_connection is not null && (_doubted || (Idle > SurelyThere && !await IsThereAsync())))
            await CloseAsync();
        if (_connection is not null)
            return;
        _doubted = false;
        _connection = new MySqlConnection(_settings.ConnectionString);
        await _connection.OpenAsync();
        await using var session = _connection.CreateCommand();
        session.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"SET SESSION autocommit = 1, wait_timeout = {IdleSeconds}, innodb_lock_wait_timeout = 1; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        await session.ExecuteNonQueryAsync();
        _used = Stopwatch.GetTimestamp();
    }

    private async Task<bool> IsThereAsync()
    {
        try
        {
            await using var question = _connection!.CreateCommand();
            question.CommandText = "DO 0";
            question.CommandTimeout = 1;
            await question.ExecuteNonQueryAsync();
            return true;
        }
        catch (Exception gone) when (gone is MySqlException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    // Whoever was taken for refused although it was written only finds its own row at the next try, and is told that nobody knows.
    private bool IsTheServersAnswer(MySqlException failure) =>
        _connection?.State == System.Data.ConnectionState.Open
        && failure.ErrorCode is not (MySqlErrorCode.CommandTimeoutExpired or MySqlErrorCode.UnableToConnectToHost or MySqlErrorCode.ServerShutdown
            or (MySqlErrorCode)1927 or (MySqlErrorCode)3169 or (MySqlErrorCode)4031);

    private static MySqlCommand Statement(MySqlConnection connection, IReadOnlyList<JournalWrite> writes)
    {
        var command = connection.CreateCommand();
        var sql = new StringBuilder(Insert);
        var first = true;
        foreach (var write in writes)
        {
            foreach (var row in write.Rows)
            {
                if (!first)
                    sql.Append(',');
                first = false;
                sql.Append(
                    CultureInfo.InvariantCulture,
                    $"({SqlLiteral.Of(row.PersistenceId)},{row.SequenceNumber},{(row.Deleted ? 1 : 0)},{row.Timestamp},{SqlLiteral.Of(row.Tags)},?,{SqlLiteral.Of(row.Identifier)},{SqlLiteral.Of(row.Manifest)})");
                command.Parameters.Add(new MySqlParameter { Value = row.Message });
            }
        }

        command.CommandText = sql.ToString();
        return command;
    }

    private static uint Seconds(TimeSpan time) => (uint)Math.Max(1, Math.Ceiling(time.TotalSeconds));
}
