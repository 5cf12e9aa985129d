using CouponAkka.Sharded.Database;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A server that a test has for itself, to kill it, with a database that is migrated.</summary>
internal sealed class OwnMariaDb : IAsyncDisposable
{
    private readonly DatabaseServer _server = DatabaseServer.Start("mariadb");

    private OwnMariaDb() => Database = new(new MySqlConnectionStringBuilder(_server.ConnectionString) { Database = "coupons" }.ConnectionString);

    public CouponDatabase Database { get; }

    public static async Task<OwnMariaDb> StartAsync()
    {
        var server = await Task.Run(() => new OwnMariaDb());
        await Migrations.MigrateAsync(server.Database);
        return server;
    }

    public Task KillAsync() => Task.Run(_server.Kill);

    public Task StartAgainAsync() => Task.Run(_server.StartAgain);

    public async ValueTask DisposeAsync() => await Task.Run(_server.Dispose);
}
