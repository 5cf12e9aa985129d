using System.Text.Json.Serialization;
using CouponAkka.Strategies;
using StackExchange.Redis;

var strategies = new Dictionary<string, Type>
{
    ["naive"] = typeof(Naive),
    ["lock-inside"] = typeof(LockInside),
    ["lock-outside"] = typeof(LockOutside),
    ["redis-lock"] = typeof(RedisLock),
    ["record-lock"] = typeof(RecordLock),
    ["record-lock-one-trip"] = typeof(RecordLockOneTrip),
    ["redis-incr"] = typeof(RedisIncr),
    ["redis-script"] = typeof(RedisScript),
};

var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, Bodies.Default));
builder.Services.AddProblemDetails();
builder.Services.AddSingleton<IConnectionMultiplexer>(await ConnectionMultiplexer.ConnectAsync(Setting("Redis")));
builder.Services.AddSingleton(new CouponTables(Setting("Coupons"))).AddSingleton<CouponTotals>().AddSingleton<DistributedLock>();
builder.Services.AddHostedService<RedisScriptConsumer>();
foreach (var strategy in strategies.Values)
    builder.Services.AddSingleton(strategy);

await using var app = builder.Build();
await app.Services.GetRequiredService<CouponTables>().CreateAsync();
app.UseExceptionHandler();
app.MapGet("/health/ready", () => TypedResults.Ok());
// What every ratio is to: reads the body, answers.
app.MapPost("/bench/parse-only", (IssueRequest _) => TypedResults.Ok());
app.MapPost("/coupons", async (CouponRequest coupon, CouponTables tables) =>
    TypedResults.Created((string?)null, new CouponCreated(await tables.AddCouponAsync(coupon.TotalQuantity))));
foreach (var (name, type) in strategies)
{
    var strategy = (IStrategy)app.Services.GetRequiredService(type);
    app.MapPost($"/{name}/issue", async (IssueRequest request) => Result(await strategy.IssueAsync(request.CouponId, request.UserId)));
}

await app.RunAsync();

string Setting(string name) =>
    builder.Configuration.GetConnectionString(name) ?? throw new InvalidOperationException($"The setting ConnectionStrings:{name} is missing.");

// The seeds' own words.
static IResult Result(Answer answer) => answer switch
{
    Answer.Issued => Answered(201, null),
    Answer.Duplicate => Answered(409, "이미 발급된 쿠폰입니다."),
    Answer.SoldOut => Answered(409, "쿠폰 발급 수량이 유효하지 않습니다."),
    Answer.NoSuchCoupon => Answered(404, "존재하지 않는 쿠폰입니다."),
    _ => Answered(503, "쿠폰 발급 요청에 실패했습니다."),
};

static IResult Answered(int status, string? comment) =>
    TypedResults.Json(new IssueResult(comment is null, comment), Bodies.Default.IssueResult, statusCode: status);

internal sealed record CouponRequest(int? TotalQuantity);

internal sealed record CouponCreated(long CouponId);

internal sealed record IssueRequest(long CouponId, long UserId);

internal sealed record IssueResult(bool IsSuccess, string? Comment);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CouponRequest))]
[JsonSerializable(typeof(CouponCreated))]
[JsonSerializable(typeof(IssueRequest))]
[JsonSerializable(typeof(IssueResult))]
internal sealed partial class Bodies : JsonSerializerContext;
