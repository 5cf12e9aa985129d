using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Processes;

public sealed class StreamsAtStopTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_page_that_listens_does_not_keep_the_program_from_ending()
    {
        using var server = await StandaloneServer.StartAsync(_data.Path);
        await server.CreateAsync(7, null);
        using var answer = await server.Http.GetAsync("/events?coupons=7", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (await lines.ReadLineAsync() != "event: status")
        {
        }

        Assert.Equal(0, await server.Process.TerminateAsync(Eventually.Deadline));

        // In good order: one that the server had to cut off when its time was up would break here.
        await lines.ReadToEndAsync();
    }
}
