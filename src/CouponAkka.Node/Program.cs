using CouponAkka.Api.Http;
using CouponAkka.Cluster;

if (await HealthProbe.RunAsync(args) is { } health)
    return health;
if (args.Contains("--migrate"))
    return await ClusterProgram.MigrateAsync([.. args.Where(argument => argument != "--migrate")]);
if (args.Contains("--rebuild"))
    return await ClusterProgram.RebuildAsync([.. args.Where(argument => argument != "--rebuild")]);

return await ClusterProgram.RunAsync(
    "couponakka-node",
    args,
    new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:8081", ["Akka:Roles"] = "coupon", ["Akka:Port"] = "8110" },
    builder => builder.Services.AddHealthChecks().AddLiveness(),
    app =>
    {
        app.UseHead();
        app.UseRouting();
        app.UseOptions();
        app.MapHealth();
    });
