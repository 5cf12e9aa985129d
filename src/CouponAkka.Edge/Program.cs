using CouponAkka.Api;
using CouponAkka.Api.Http;
using CouponAkka.Cluster;

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

return await ClusterProgram.RunAsync(
    "couponakka-edge",
    args,
    known,
    defaults,
    builder => builder.AddCouponApi(),
    app => app.MapCouponApi());
