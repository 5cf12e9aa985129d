using System.Net.Sockets;
using System.Text;

namespace CouponAkka.Api.Tests.GivenWhenThen;

/// <summary>A request that is sent piece by piece, as no client of ours would.</summary>
public sealed class RawRequest : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TcpClient _connection = new();
    private StreamReader _answer = StreamReader.Null;

    public static async Task<RawRequest> BeginAsync(Uri address, string head)
    {
        var request = new RawRequest();
        await request._connection.ConnectAsync(address.Host, address.Port);
        request._answer = new StreamReader(request._connection.GetStream(), Encoding.ASCII);
        await request.WriteAsync(head);
        return request;
    }

    public async Task WriteAsync(string piece) => await _connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(piece));

    public Task<string?> ReadLineAsync() => _answer.ReadLineAsync().WaitAsync(Deadline);

    public void Dispose()
    {
        _answer.Dispose();
        _connection.Dispose();
    }
}
