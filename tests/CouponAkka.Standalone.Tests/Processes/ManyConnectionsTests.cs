using System.Net.Sockets;
using System.Runtime.Versioning;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

/// <summary>Anyone may open connections, and say nothing.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ManyConnectionsTests : IDisposable
{
    private readonly TempDirectory _data = new();
    private readonly List<Socket> _idle = [];

    public void Dispose()
    {
        _idle.ForEach(connection => connection.Dispose());
        _data.Dispose();
    }

    [Theory]
    [InlineData(576)]
    [InlineData(1_024)]
    public async Task More_connections_than_files_may_be_open_end_no_process_that_has_just_started(int openFiles)
    {
        // Its code is not loaded yet, nor compiled: also that takes files.
        using var server = await StandaloneServer.StartAsync(_data.Path, openFiles, []);
        for (var i = 0; i < openFiles + 76; i++)
        {
            var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _idle.Add(connection);
            await connection.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        }

        // Those beyond are closed.
        await Eventually.HoldsAsync(() => _idle.Exists(connection => connection.Poll(0, SelectMode.SelectRead)), () => server.Process.Log);

        _idle.ForEach(connection => connection.Dispose());
        await Eventually.HoldsAsync(server.IsReadyAsync);
        await server.CreateAsync(7, null);
        Assert.True((await server.IssueAsync(7, 1)).IsIssued);
    }
}
