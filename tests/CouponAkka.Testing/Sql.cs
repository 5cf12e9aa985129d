using MySqlConnector;

namespace CouponAkka.Testing;

/// <summary>Statements to a database server, each on a connection of its own.</summary>
public static class Sql
{
    // What waits for a replica waits for a minute.
    private const int CommandTimeoutSeconds = 90;

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new MySqlCommand(sql, connection) { CommandTimeout = CommandTimeoutSeconds };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The named column, or the first, of the first row; null if there is none.</summary>
    public static async Task<string?> QueryAsync(string connectionString, string sql, string? column = null)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new MySqlCommand(sql, connection) { CommandTimeout = CommandTimeoutSeconds };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? reader.GetValue(column is null ? 0 : reader.GetOrdinal(column)).ToString() : null;
    }

    // Not pooled: the server may be another one by the next time.
    private static async Task<MySqlConnection> OpenAsync(string connectionString)
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
