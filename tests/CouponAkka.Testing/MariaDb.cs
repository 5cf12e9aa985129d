namespace CouponAkka.Testing;

/// <summary>
/// The server under test: the one that the environment variable COUPONAKKA_MARIADB names (a connection string without database, of a user
/// who may create databases), else one that this process starts for itself, and that ends with it.
/// </summary>
public static class MariaDb
{
    private static readonly Lazy<DatabaseServer> Started = new(() => DatabaseServer.Start("mariadb"));

    /// <summary>A connection string that names no database.</summary>
    public static string Server =>
        Environment.GetEnvironmentVariable("COUPONAKKA_MARIADB") is { Length: > 0 } given ? given : Started.Value.ConnectionString;

    public static Task ExecuteAsync(string sql) => Sql.ExecuteAsync(Server, sql);
}
