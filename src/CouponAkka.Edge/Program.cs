using CouponAkka.Api;
using CouponAkka.Cluster;

return await ClusterProgram.RunAsync(
    "couponakka-edge",
    args,
    new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:8080", ["Akka:Roles"] = "edge" },
    builder => builder.Services.AddCouponApi(),
    app => app.MapCouponApi());
