using CouponAkka.Sharded.Database;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A server that a test has for itself, to kill it.</summary>
internal sealed class OwnMariaDb : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("couponakka-own-mariadb-").FullName;

    private OwnMariaDb()
    {
        MariaDb.Script("remove-after", $"{Environment.ProcessId}", _directory);
        Database = new(new MySqlConnectionStringBuilder(MariaDb.Script("start", _directory).Trim()) { Database = "coupons" }.ConnectionString);
    }

    public CouponDatabase Database { get; }

    public static async Task<OwnMariaDb> StartAsync()
    {
        var server = await Task.Run(() => new OwnMariaDb());
        await Migrations.MigrateAsync(server.Database);
        return server;
    }

    public Task KillAsync() => Task.Run(() => MariaDb.Script("kill", _directory));

    public Task StartAgainAsync() => Task.Run(() => MariaDb.Script("start", _directory, Database.Server.Split(':')[1]));

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
