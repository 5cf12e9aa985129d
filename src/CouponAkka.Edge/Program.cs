using CouponAkka.Api;
using CouponAkka.Hosting;
using CouponAkka.Hosting.Http;
using CouponAkka.Sharded;

const string defaultUrl = "http://127.0.0.1:8080";
const string usage =
    $"""
    Answers over HTTP for the coupons that nodes hold.

    CouponAkka.Edge [--urls URL] [--Section:Name VALUE …]
      --urls URL              where it listens: {defaultUrl}; more than one with ; between
    """;
var defaults = new Dictionary<string, string?> { ["urls"] = defaultUrl, ["Akka:Roles"] = "edge" };
var known = new KnownSettings([], [.. ClusterProgram.Settings, .. CouponApi.Settings], defaults);
if (await ProgramArguments.AnswerAsync(args, usage, known) is { } answered)
    return answered;

return await new ServiceProgram
{
    Name = "couponakka-edge",
    Known = known,
    Defaults = defaults,
    ShutdownTimeout = ClusterProgram.ShutdownTimeout,
    PrepareAsync = ClusterProgram.RequireDatabaseAsync,
    ExitCodeOf = ClusterProgram.ExitCodeOf,
    Configure = builder =>
    {
        builder.AddCouponCluster();
        builder.AddCouponApi();
    },
    Map = app =>
    {
        app.MapCouponApi();
        app.MapCluster();
    },
}.RunAsync(args);
