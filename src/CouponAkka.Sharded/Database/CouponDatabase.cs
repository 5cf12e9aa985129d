using System.Data;
using System.Data.Common;
using System.Globalization;
using CouponAkka.Domain;
using CouponAkka.Engine;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Interceptors;
using LinqToDB.Mapping;
using MySqlConnector;

namespace CouponAkka.Sharded.Database;

/// <summary>The MySQL database in which the journal and the read model are. Any thread may use it.</summary>
internal sealed class CouponDatabase
{
    // Twice the default of Akka:WriteTimeoutSeconds. Not shorter: a process that has just started may pause for seconds in the JIT compiler.
    private const int IdleSeconds = 10;

    private const string PoolName = "couponakka";

    private static readonly MappingSchema Mapping = MapTimes();

    // The default of Akka:WriteTimeoutSeconds.
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(5);

    /// <param name="connectionString">As MySqlConnector takes it, with a database. Time-outs that it names are kept.</param>
    /// <param name="patience">
    /// How long a statement may take, unless it asks for more. A server that fell silent, its machine gone or its address given to another,
    /// is noticed only by that; MySqlConnector's half a minute is too long.
    /// </param>
    /// <param name="poolSize">The most connections of the pool.</param>
    /// <exception cref="StartupException">It is missing, is no connection string, or names no server or database.</exception>
    public CouponDatabase(string? connectionString, TimeSpan? patience = null, int? poolSize = null)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            throw new StartupException("The setting ConnectionStrings:Coupons is missing: Server=…;Database=…;User ID=…;Password=…");
        MySqlConnectionStringBuilder settings;
        try
        {
            settings = new MySqlConnectionStringBuilder(connectionString);
        }
        catch (Exception cause) when (cause is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new StartupException($"The setting ConnectionStrings:Coupons is not a connection string: {cause.Message.Split('\n')[0]}", cause);
        }

        if (settings.Server.Length == 0 || settings.Database.Length == 0)
            throw new StartupException($"The setting ConnectionStrings:Coupons names no {(settings.Server.Length == 0 ? "Server" : "Database")}.");
        settings.AllowUserVariables = true;
        // What its pool is called in telemetry, and its sessions at the server.
        if (settings.ApplicationName.Length == 0)
            settings.ApplicationName = PoolName;
        SetTimeouts(settings, patience ?? DefaultPatience);
        if (poolSize is { } most && !settings.ContainsKey("Maximum Pool Size"))
            settings.MaximumPoolSize = (uint)most;
        // Well before the server would do it, and complain of each.
        settings.ConnectionIdleTimeout = IdleSeconds / 2;
        Name = settings.Database;
        Server = $"{settings.Server}:{settings.Port}";
        ConnectionString = settings.ConnectionString;
        Options = new DataOptions().UseConnectionString(ProviderName.MySql57MySqlConnector, ConnectionString).UseMappingSchema(Mapping);
        WriterOptions = Options.UseInterceptor(new SetsWaitTimeout());
    }

    public string Name { get; }

    /// <summary>Host and port, for messages.</summary>
    public string Server { get; }

    /// <summary>What was given, with what the program itself needs.</summary>
    public string ConnectionString { get; }

    public DataOptions Options { get; }

    /// <summary>
    /// For transactions that write: the server ends one that is silent for ten seconds. A process that freezes, or whose machine is gone, may leave one
    /// open, and its locks would keep whoever takes over waiting, by default for eight hours.
    /// </summary>
    public DataOptions WriterOptions { get; }

    /// <summary>
    /// For what watches the database: a few connections that nobody else is given, so that what hangs elsewhere does not hide whether it answers.
    /// </summary>
    /// <param name="purpose">MySqlConnector has a pool for each different string, so each purpose has one.</param>
    /// <param name="expected">What takes longer is no answer.</param>
    public string ConnectionStringFor(string purpose, TimeSpan expected) => new MySqlConnectionStringBuilder(ConnectionString)
    {
        ApplicationName = purpose,
        MaximumPoolSize = 2,
        ConnectionTimeout = (uint)expected.TotalSeconds,
        DefaultCommandTimeout = (uint)expected.TotalSeconds,
        CancellationTimeout = 1,
    }.ConnectionString;

    /// <summary>A connection from the pool, opened when it is first used.</summary>
    public DataConnection Connect() => new(Options);

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction at read committed: all of it is done when this returns, and nothing of it if
    /// <paramref name="work"/> throws. If the commit itself throws, nobody knows.
    /// </summary>
    public async Task<T> InTransactionAsync<T>(Func<DataConnection, Task<T>> work)
    {
        await using var connection = new DataConnection(WriterOptions);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        var result = await work(connection);
        await transaction.CommitAsync();
        return result;
    }

    private static void SetTimeouts(MySqlConnectionStringBuilder settings, TimeSpan patience)
    {
        var seconds = (uint)Math.Max(1, Math.Ceiling(patience.TotalSeconds));
        Default("Default Command Timeout", () => settings.DefaultCommandTimeout = seconds);
        // After it, the server is asked to stop; then the line is cut.
        Default("Cancellation Timeout", () => settings.CancellationTimeout = 1);
        Default("Connection Timeout", () => settings.ConnectionTimeout = Math.Min(3, seconds));
        Default("Keep Alive", () => settings.Keepalive = 5);

        void Default(string option, Action set)
        {
            if (!settings.ContainsKey(option))
                set();
        }
    }

    // DATETIME(6) holds a Timestamp exactly. It knows no time zone: UTC goes in and UTC comes out.
    private static MappingSchema MapTimes()
    {
        var mapping = new MappingSchema("coupons");
        mapping.SetDataType(typeof(Timestamp), DataType.DateTime2);
        mapping.SetConverter<Timestamp, DataParameter>(time => Parameter(time));
        mapping.SetConverter<Timestamp?, DataParameter>(time => Parameter(time));
        mapping.SetConverter<DateTime, Timestamp>(time => Timestamp.From(new DateTimeOffset(time.Ticks, TimeSpan.Zero)));
        mapping.SetValueToSqlConverter(typeof(Timestamp), (sql, _, _, time) => sql.Append(SqlLiteral.Of((Timestamp)time)));
        return mapping;
    }

    private static DataParameter Parameter(Timestamp? time) => new(null, time?.ToDateTimeOffset().UtcDateTime, DataType.DateTime2);

    private sealed class SetsWaitTimeout : ConnectionInterceptor
    {
        private static readonly string Set = string.Create(CultureInfo.InvariantCulture, $"SET SESSION wait_timeout = {IdleSeconds}");

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Set;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Set;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
