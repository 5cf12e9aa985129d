using CouponAkka.Hosting;
using CouponAkka.Hosting.Http;
using CouponAkka.Hosting.Payments;
using CouponAkka.Sharded;

const string defaultUrl = "http://127.0.0.1:8081";
const string migrate = "--migrate";
const string rebuild = "--rebuild";
const string usage =
    $"""
    Holds coupons of the cluster. Edges ask it; over HTTP it only says how it is.

    CouponAkka.Node [--urls URL] [--Section:Name VALUE …]
      --urls URL              where it listens: {defaultUrl}; more than one with ; between
      {migrate}               bring the database to this program's schema, and end
      {ClusterProgram.AwaitSchema}          wait until somebody has done that, and end
      {rebuild}               empty the read model, which the cluster then rebuilds, and end
    """;
var defaults = new Dictionary<string, string?> { ["urls"] = defaultUrl, ["Akka:Roles"] = "coupon", ["Akka:Port"] = "8110" };
var settings = args.Where(argument => argument is not (migrate or rebuild or ClusterProgram.AwaitSchema)).ToArray();
var known = new KnownSettings(
    [migrate, rebuild, ClusterProgram.AwaitSchema], [.. ClusterProgram.Settings, .. ServiceProgram.Settings, .. PaymentRegistration.Settings], defaults);
if (await ProgramArguments.AnswerAsync(settings, usage, known) is { } answered)
    return answered;

var program = new ServiceProgram
{
    Name = "couponakka-node",
    Known = known,
    Defaults = defaults,
    ShutdownTimeout = ClusterProgram.ShutdownTimeout,
    PrepareAsync = ClusterProgram.RequireDatabaseAsync,
    ExitCodeOf = ClusterProgram.ExitCodeOf,
    Configure = builder =>
    {
        builder.AddCouponCluster(beside: PaymentRegistration.AddPayments);
        builder.Services.AddConnectionLimits().AddHealthChecks().AddLiveness();
        builder.AddManagement();
    },
    Map = app =>
    {
        app.UseHead();
        app.UseRouting();
        app.UseManagement();
        app.UseOptions();
        app.MapHealth();
        app.MapCluster();
    },
};
if (args.Contains(migrate))
    return await program.RunOnceAsync(settings, ClusterProgram.MigrateAsync);
if (args.Contains(ClusterProgram.AwaitSchema))
    return await program.RunOnceAsync(settings, ClusterProgram.AwaitSchemaAsync);
if (args.Contains(rebuild))
    return await program.RunOnceAsync(settings, ClusterProgram.RebuildAsync);
return await program.RunAsync(settings);
