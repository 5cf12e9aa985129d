using System.Diagnostics;
using Xunit.Abstractions;

namespace CouponAkka.Deployment.Tests;

/// <summary>The pods of the manifests come up together, in any order, and each comes back when it is killed.</summary>
[Collection(ContainersGroup.Name)]
[Trait("Needs", "Docker")]
[Trait("Needs", "Kubectl")]
public sealed class PodTests(DockerEngine engine, ITestOutputHelper report)
{
    [Fact]
    [Trait("Length", "long")]
    public async Task All_pods_at_once_become_a_cluster_that_gets_over_the_end_of_each()
    {
        var pods = new Pods(engine, await Manifests.ObjectsAsync("overlays/local"));
        var waited = Stopwatch.StartNew();
        try
        {
            await pods.StartAsync();
            await ReadyAsync(pods);
            report.WriteLine($"All ready {waited.Elapsed.TotalSeconds:f0} s after they were started at once.");
            foreach (var pod in pods.Names)
            {
                report.WriteLine($"{pod} takes {await engine.RunAsync("stats", "--no-stream", "--format", "{{.MemUsage}}", pod)}.");
                // They wait for the migration in their init containers, and for each other; nothing ends of it.
                Assert.Equal(0, await pods.RestartsAsync(pod));
            }

            using var edge = pods.Client("couponakka-edge");
            var sale = await Sale.OpenAsync(() => edge, total: 50, people: 60);
            foreach (var (number, pod) in pods.Names.Index())
            {
                await sale.AskAsync(20 + number);
                var before = await pods.RestartsAsync(pod);
                waited.Restart();
                await pods.KillAsync(pod);
                await Eventually.HoldsAsync(async () => await pods.RestartsAsync(pod) > before);
                await ReadyAsync(pods);
                report.WriteLine($"All ready {waited.Elapsed.TotalSeconds:f0} s after {pod} was killed.");
            }

            await sale.AskAsync(60);
            sale.NobodyWasToldALie();
        }
        finally
        {
            await pods.RemoveAsync();
        }
    }

    private static async Task ReadyAsync(Pods pods)
    {
        foreach (var pod in pods.Names.Where(name => !name.Contains("mysql", StringComparison.Ordinal)))
        {
            using var http = pods.Client(pod);
            var said = "";
            await Eventually.HoldsAsync(
                async () =>
                {
                    try
                    {
                        using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                        said = await answer.Content.ReadAsStringAsync();
                        return answer.IsSuccessStatusCode;
                    }
                    catch (HttpRequestException silence)
                    {
                        said = silence.Message;
                        return false;
                    }
                },
                () => $"{pod}: {said}");
        }
    }
}
