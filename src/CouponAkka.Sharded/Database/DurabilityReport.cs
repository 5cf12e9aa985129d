using CouponAkka.Engine;
using MySqlConnector;

namespace CouponAkka.Sharded.Database;

/// <summary>What was found of a server's settings, and what follows.</summary>
/// <param name="Refusals">Why nodes don't use it; empty if they do.</param>
/// <param name="Warnings">What else an operator should know.</param>
internal sealed record DurabilityReport(string Server, IReadOnlyList<string> Refusals, IReadOnlyList<string> Warnings)
{
    public static DurabilityReport Of(ServerSettings server, DatabaseOptions options)
    {
        List<string> refusals = [.. Durability.Refusals(server)];
        List<string> warnings = [.. Durability.Warnings(server)];
        var name = $"{server["version_comment"]} {server["version"]} on {server.Identity}";
        return options.RequireDurability ? new(name, refusals, warnings) : new(name, [], [.. refusals, .. warnings]);
    }

    /// <summary>Returns what is to be warned of.</summary>
    /// <exception cref="StartupException">The server may lose what it acknowledges, or can't be asked.</exception>
    public static async Task<DurabilityReport> RequireAsync(CouponDatabase database, DatabaseOptions options, CancellationToken cancel = default)
    {
        try
        {
            await using var connection = new MySqlConnection(database.ConnectionString);
            await connection.OpenAsync(cancel);
            var report = Of(await ServerSettings.ReadAsync(connection, cancel), options);
            return report.Refusals.Count == 0
                ? report
                : throw new StartupException(
                    $"{report.Server} can't hold the journal: {string.Join("; ", report.Refusals)}. "
                    + "For development, Database__RequireDurability=false makes it a warning.");
        }
        catch (MySqlException failure)
        {
            throw new StartupException($"Database '{database.Name}' on {database.Server} can't be asked for its settings: {failure.Message}", failure);
        }
    }

    /// <summary>All of it in a sentence, or null if nothing is wrong.</summary>
    public string? Trouble => Refusals.Count + Warnings.Count == 0 ? null : $"{Server}: {string.Join("; ", [.. Refusals, .. Warnings])}.";
}
