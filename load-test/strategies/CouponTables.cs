using MySqlConnector;

namespace CouponAkka.Strategies;

/// <summary>
/// The seeds' two tables, and what the ways that decide in the database share: check, then issue, in a transaction.
/// Statements are prepared once a connection; the pool keeps them.
/// </summary>
/// <param name="connectionString">As MySqlConnector takes it, with a database.</param>
internal sealed class CouponTables(string connectionString) : IAsyncDisposable
{
    private readonly MySqlDataSource _database = new(new MySqlConnectionStringBuilder(connectionString)
    {
        // Prepared statements last as long as a connection that is not reset between two uses.
        ConnectionReset = false,
        IgnorePrepare = false,
        // A connection has one transaction at most, so that a command need not name it.
        IgnoreCommandTransaction = true,
        AllowUserVariables = true,
    }.ConnectionString);

    /// <summary>A connection from the pool, which has at most <c>MaximumPoolSize</c>.</summary>
    public ValueTask<MySqlConnection> ConnectAsync() => _database.OpenConnectionAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>The tables as the seeds have them: no unique key keeps a user from having two.</summary>
    public async Task CreateAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = new MySqlCommand(
            """
            CREATE TABLE IF NOT EXISTS coupons (
                id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
                title VARCHAR(255) NOT NULL,
                coupon_type VARCHAR(255) NOT NULL,
                total_quantity INT NULL,
                issued_quantity INT NOT NULL DEFAULT 0,
                discount_amount INT NOT NULL,
                min_available_amount INT NOT NULL,
                date_issue_start DATETIME(6) NOT NULL,
                date_issue_end DATETIME(6) NOT NULL,
                date_created DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
                date_updated DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6));
            CREATE TABLE IF NOT EXISTS coupon_issues (
                id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
                coupon_id BIGINT NOT NULL,
                user_id BIGINT NOT NULL,
                date_issued DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
                date_used DATETIME(6) NULL,
                date_created DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
                date_updated DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
                INDEX (coupon_id, user_id));
            """,
            connection);
        await command.ExecuteNonQueryAsync();
        await RecordLockOneTrip.CreateProcedureAsync(connection);
    }

    /// <param name="totalQuantity">How many units; none means without limit.</param>
    /// <returns>The new coupon's id.</returns>
    public async Task<long> AddCouponAsync(int? totalQuantity)
    {
        await using var connection = await ConnectAsync();
        await using var command = new MySqlCommand(
            """
            INSERT INTO coupons (title, coupon_type, total_quantity, discount_amount, min_available_amount, date_issue_start, date_issue_end)
            VALUES ('bench', 'FIRST_COME_FIRST_SERVED', @total, 1000, 10000, '2020-01-01', '2100-01-01')
            """,
            connection);
        command.Parameters.AddWithValue("@total", totalQuantity);
        await command.ExecuteNonQueryAsync();
        return command.LastInsertedId;
    }

    /// <summary>
    /// The service method that the locks are put around: begins a transaction, reads how many are issued, checks, writes one more, and
    /// commits. Alone it is right only as long as nobody else does the same.
    /// </summary>
    public async Task<Answer> IssueInTransactionAsync(long couponId, long userId)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var answer = await CheckThenIssueAsync(transaction, couponId, userId);
        await transaction.CommitAsync();
        return answer;
    }

    /// <summary>The same within a transaction that the caller began and commits.</summary>
    /// <param name="lockRecord">Whether the coupon's row is locked from the first read until the commit.</param>
    public static async Task<Answer> CheckThenIssueAsync(MySqlTransaction transaction, long couponId, long userId, bool lockRecord = false)
    {
        var (exists, issued, total) = await ReadStockAsync(transaction.Connection!, couponId, lockRecord);
        if (!exists)
            return Answer.NoSuchCoupon;
        if (issued >= total)
            return Answer.SoldOut;
        if (await HasIssueAsync(transaction.Connection!, couponId, userId))
            return Answer.Duplicate;

        // As an ORM writes an entity back: the number that was read, plus one.
        await using var update = await PrepareAsync(
            transaction.Connection!,
            "UPDATE coupons SET issued_quantity = @issued, date_updated = CURRENT_TIMESTAMP(6) WHERE id = @coupon",
            ("@issued", issued + 1),
            ("@coupon", couponId));
        await update.ExecuteNonQueryAsync();
        await InsertIssueAsync(transaction.Connection!, couponId, userId);
        return Answer.Issued;
    }

    /// <summary>One more row of issues, whether there is a unit or not.</summary>
    public static async Task InsertIssueAsync(MySqlConnection connection, long couponId, long userId)
    {
        await using var insert = await PrepareAsync(
            connection,
            "INSERT INTO coupon_issues (coupon_id, user_id) VALUES (@coupon, @user)",
            ("@coupon", couponId),
            ("@user", userId));
        await insert.ExecuteNonQueryAsync();
    }

    /// <summary>How many units the coupon has: null means without limit.</summary>
    public async Task<(bool Exists, int? Total)> ReadTotalAsync(long couponId)
    {
        await using var connection = await ConnectAsync();
        var (exists, _, total) = await ReadStockAsync(connection, couponId, lockRecord: false);
        return (exists, total);
    }

    /// <summary>A statement that the server has parsed already, if this connection was used for it before.</summary>
    public static async Task<MySqlCommand> PrepareAsync(MySqlConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.PrepareAsync();
        return command;
    }

    private static async Task<(bool Exists, int Issued, int? Total)> ReadStockAsync(MySqlConnection connection, long couponId, bool lockRecord)
    {
        const string read = "SELECT issued_quantity, total_quantity FROM coupons WHERE id = @coupon";
        await using var query = await PrepareAsync(connection, lockRecord ? read + " FOR UPDATE" : read, ("@coupon", couponId));
        await using var row = await query.ExecuteReaderAsync();
        return await row.ReadAsync() ? (true, row.GetInt32(0), row.IsDBNull(1) ? null : row.GetInt32(1)) : default;
    }

    private static async Task<bool> HasIssueAsync(MySqlConnection connection, long couponId, long userId)
    {
        await using var query = await PrepareAsync(
            connection,
            "SELECT 1 FROM coupon_issues WHERE coupon_id = @coupon AND user_id = @user LIMIT 1",
            ("@coupon", couponId),
            ("@user", userId));
        return await query.ExecuteScalarAsync() is not null;
    }
}
