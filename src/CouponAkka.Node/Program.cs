using CouponAkka.Api;
using CouponAkka.Api.Http;
using CouponAkka.Cluster;

const string defaultUrl = "http://127.0.0.1:8081";
const string migrate = "--migrate";
const string rebuild = "--rebuild";
const string usage =
    $"""
    Holds coupons of the cluster. Edges ask it; over HTTP it only says how it is.

    CouponAkka.Node [--urls URL] [--Section:Name VALUE …]
      --urls URL              where it listens: {defaultUrl}; more than one with ; between
      {migrate}               bring the database to this program's schema, and end
      {rebuild}               empty the read model, which the cluster then makes anew, and end
    """;
var defaults = new Dictionary<string, string?> { ["urls"] = defaultUrl, ["Akka:Roles"] = "coupon", ["Akka:Port"] = "8110" };
var settings = args.Where(argument => argument is not (migrate or rebuild)).ToArray();
// Nodes are given the settings of edges too, where both have one list of them.
var known = new KnownSettings([migrate, rebuild], [.. ClusterProgram.Settings, .. CouponApi.Settings], defaults);
if (await ProgramArguments.AnswerAsync(settings, usage, known) is { } answered)
    return answered;
if (args.Contains(migrate))
    return await ClusterProgram.MigrateAsync(settings, known);
if (args.Contains(rebuild))
    return await ClusterProgram.RebuildAsync(settings, known);

return await ClusterProgram.RunAsync(
    "couponakka-node",
    settings,
    known,
    defaults,
    builder =>
    {
        builder.Services.AddConnectionLimits().AddHealthChecks().AddLiveness();
        builder.AddManagement();
    },
    app =>
    {
        app.UseHead();
        app.UseRouting();
        app.UseManagement();
        app.UseOptions();
        app.MapHealth();
    });
