using CouponAkka.Api;
using CouponAkka.Api.Http;
using CouponAkka.Cluster;

if (await HealthProbe.RunAsync(args) is { } health)
    return health;

return await ClusterProgram.RunAsync(
    "couponakka-edge",
    args,
    new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:8080", ["Akka:Roles"] = "edge" },
    builder => builder.AddCouponApi(),
    app => app.MapCouponApi());
