using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Engine.Ports;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests;

/// <summary>What a node serves of the cluster, which has no API beside it.</summary>
public sealed class ClusterEndpointTests
{
    [Theory]
    [InlineData("/cluster")]
    [InlineData("/cluster/coupons/7")]
    public async Task Where_no_node_can_be_asked_the_refusal_is_as_all_others(string path)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IClusterView, NoNode>();
        await using var app = builder.Build();
        app.MapCluster();
        await app.StartAsync();
        using var when = new When(new Uri(app.Urls.Single()));

        Then.IsProblem(503, "UNAVAILABLE", await when.Get(path));
    }

    private sealed class NoNode : IClusterView
    {
        public Task<string?> DescribeAsync(CancellationToken cancel) => Task.FromResult<string?>(null);

        public Task<string?> LocateAsync(long couponId, CancellationToken cancel) => Task.FromResult<string?>(null);
    }
}
