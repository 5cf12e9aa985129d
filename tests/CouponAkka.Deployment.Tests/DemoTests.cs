using System.Diagnostics;
using System.Globalization;

namespace CouponAkka.Deployment.Tests;

/// <summary>What <c>./run --demo</c> and <c>./cluster demo</c> let a newcomer watch.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task A_coupon_sells_out_orders_are_shipped_and_the_demo_ends_with_the_service()
    {
        using var data = new TempDirectory();
        using var server = await StandaloneServer.StartAsync(data.Path, "--Shipping:PreparationSeconds", "0");
        var start = new ProcessStartInfo(
            Repository.At(".scripts", "demo"),
            [server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority), server.Process.Id.ToString(CultureInfo.InvariantCulture)]);
        start.Environment.Remove("Admin__ApiKey");
        using var demo = RunningProcess.Start(start);

        await demo.LoggedAsync("is sold out; a sale of coupon");
        await Eventually.ReadAsync(
            "an order is shipped",
            () => server.Http.GetStringAsync(new Uri("/notifications?limit=200", UriKind.Relative)),
            told => told.Contains("order.shipped", StringComparison.Ordinal));

        await server.Process.KillAsync();
        Assert.Equal(0, await demo.ExitedAsync(Eventually.Deadline));
    }
}
