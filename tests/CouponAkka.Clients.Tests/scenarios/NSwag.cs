// A first day with the client that NSwag generates: URL KEY COUPON. Prints what it sees.
using Generated;

var couponId = long.Parse(args[2]);
using var anyone = new HttpClient();
using var admin = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", args[1] } } };
var toAnyone = new CouponClient(anyone) { BaseUrl = args[0] };
var toAdmin = new CouponClient(admin) { BaseUrl = args[0] };
var policy = new PolicyRequest
{
    Title = "Opening day",
    TotalQuantity = 3,
    DiscountAmount = 1_000,
    MinAvailableAmount = 10_000,
    DateIssueStart = DateTimeOffset.Parse("2020-01-01T09:00:00.123+09:00"),
    DateIssueEnd = DateTimeOffset.Parse("2100-01-01T00:00:00.456Z"),
};

Print("without a key", Told(await Refused(() => toAnyone.PutCouponAsync(couponId, policy))));
Print("created", Told(await toAdmin.PutCouponAsync(couponId, policy)));
Print("renamed", Told(await toAdmin.ChangeCouponAsync(couponId, new() { Title = "Closing day" })));

var issued = await toAnyone.IssueCouponAsync(couponId, new() { UserId = 7 });
var status = await toAnyone.GetCouponStatusAsync(couponId);
Print("issued", $"ticket {issued.Ticket}, {status.State}, {status.Remaining} left, used: {Time(issued.DateUsed)}");
var again = await Refused(() => toAnyone.IssueCouponAsync(couponId, new() { UserId = 7 }));
Print("again", $"{Told(again)}, ticket {again.Issue!.Ticket}, the same time: {again.Issue.DateIssued == issued.DateIssued}");

var used = await toAnyone.UseCouponAsync(couponId, 7, new() { OrderAmount = 20_000 });
var found = await toAnyone.GetIssueAsync(couponId, 7);
Print("used", $"after it was issued: {used.DateUsed >= used.DateIssued}, found so: {found.DateUsed == used.DateUsed}");
await toAnyone.IssueCouponAsync(couponId, new() { UserId = 8 });
Print("used for no order", $"{(await toAnyone.UseCouponAsync(couponId, 8, null)).DateUsed is not null}");

static void Print(string what, string said) => Console.WriteLine($"{what}: {said}");

static string Told(object answer) => answer switch
{
    Problem problem => $"{problem.Status} {problem.Code}",
    Coupon coupon => $"{coupon.Title}, {coupon.TotalQuantity} units, {Time(coupon.DateIssueStart)} to {Time(coupon.DateIssueEnd)}",
    _ => "",
};

static string Time(DateTimeOffset? time) => time is null ? "never" : time.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

static async Task<Problem> Refused<T>(Func<Task<T>> ask)
{
    try
    {
        throw new InvalidOperationException($"Not refused: {await ask()}");
    }
    catch (CouponException<Problem> refused)
    {
        return refused.Result;
    }
}
