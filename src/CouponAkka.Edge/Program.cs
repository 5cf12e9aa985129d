using CouponAkka.Api;
using CouponAkka.Hosting;
using CouponAkka.Hosting.Http;
using CouponAkka.Hosting.Payments;
using CouponAkka.Sharded;

const string defaultUrl = "http://127.0.0.1:8080";
const string usage =
    $"""
    Answers over HTTP for the coupons that nodes hold.

    CouponAkka.Edge [--urls URL] [--Section:Name VALUE …]
      --urls URL              where it listens: {defaultUrl}; more than one with ; between
      {ClusterProgram.AwaitSchema}          wait until the database has this program's schema, and end
    """;
var defaults = new Dictionary<string, string?> { ["urls"] = defaultUrl, ["Akka:Roles"] = "edge" };
var settings = args.Where(argument => argument is not ClusterProgram.AwaitSchema).ToArray();
var known = new KnownSettings([ClusterProgram.AwaitSchema], [.. ClusterProgram.Settings, .. CouponApi.Settings, .. PaymentRegistration.Settings], defaults);
if (await ProgramArguments.AnswerAsync(settings, usage, known) is { } answered)
    return answered;

var program = new ServiceProgram
{
    Name = "couponakka-edge",
    Known = known,
    Defaults = defaults,
    ShutdownTimeout = ClusterProgram.ShutdownTimeout,
    PrepareAsync = ClusterProgram.RequireDatabaseAsync,
    ExitCodeOf = ClusterProgram.ExitCodeOf,
    Configure = builder =>
    {
        builder.AddCouponCluster(beside: PaymentRegistration.AddPayments);
        builder.AddCouponApi();
    },
    Map = app =>
    {
        app.MapCouponApi();
        app.MapCluster();
    },
};
if (args.Contains(ClusterProgram.AwaitSchema))
    return await program.RunOnceAsync(settings, ClusterProgram.AwaitSchemaAsync);
return await program.RunAsync(settings);
