namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A primary and its replica, which follows by GTID.</summary>
internal sealed class ReplicatedServers : IDisposable
{
    private readonly DatabaseReplica _replica;

    private ReplicatedServers(DatabaseServer primary, DatabaseReplica replica) => (Primary, _replica) = (primary, replica);

    public DatabaseServer Primary { get; }

    public DatabaseServer Replica => _replica.Server;

    /// <param name="script">Which server: <c>mariadb</c> or <c>mysql</c>.</param>
    /// <param name="semiSync">Whether each commit waits until the replica has it, before others see it.</param>
    public static async Task<ReplicatedServers> StartAsync(string script, bool semiSync)
    {
        var primary = DatabaseServer.Start(script, DatabaseReplica.OptionsOfPrimary(script, semiSync));
        return new(primary, await DatabaseReplica.FollowAsync(script, primary.ConnectionString, semiSync));
    }

    /// <inheritdoc cref="DatabaseReplica.StopListeningAsync"/>
    public Task StopListeningAsync() => _replica.StopListeningAsync();

    /// <summary>Kills the primary; the replica applies what it has received, and is one itself.</summary>
    public Task FailOverAsync()
    {
        Primary.Kill();
        return _replica.PromoteAsync();
    }

    public void Dispose()
    {
        Primary.Dispose();
        _replica.Dispose();
    }
}
