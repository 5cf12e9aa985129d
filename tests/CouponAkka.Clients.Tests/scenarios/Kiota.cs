// A first day with the client that Kiota generates: URL KEY COUPON. Prints what it sees.
using Generated;
using Generated.Models;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Http.HttpClientLibrary;

var couponId = long.Parse(args[2]);
using var anyone = new HttpClientRequestAdapter(new AnonymousAuthenticationProvider()) { BaseUrl = args[0] };
// Kiota's own ApiKeyAuthenticationProvider sends a key over https only.
using var withKey = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", args[1] } } };
using var admin = new HttpClientRequestAdapter(new AnonymousAuthenticationProvider(), httpClient: withKey) { BaseUrl = args[0] };
var policy = new PolicyRequest
{
    Title = "Opening day",
    TotalQuantity = 3,
    DiscountAmount = 1_000,
    MinAvailableAmount = 10_000,
    DateIssueStart = DateTimeOffset.Parse("2020-01-01T09:00:00.123+09:00"),
    DateIssueEnd = DateTimeOffset.Parse("2100-01-01T00:00:00.456Z"),
};
var toAnyone = new CouponClient(anyone).Coupons[couponId];
var toAdmin = new CouponClient(admin).Coupons[couponId];

Print("without a key", Told(await Refused(() => toAnyone.PutAsync(policy))));
Print("created", Told((await toAdmin.PutAsync(policy))!));
Print("renamed", Told((await toAdmin.PatchAsync(new() { Title = "Closing day" }))!));

var issued = (await toAnyone.Issues.PostAsync(new() { UserId = 7 }))!;
var status = (await toAnyone.Status.GetAsync())!;
Print("issued", $"ticket {issued.Ticket}, {status.State}, {status.Remaining} left, used: {Time(issued.DateUsed)}");
var again = await Refused(() => toAnyone.Issues.PostAsync(new() { UserId = 7 }));
Print("again", $"{Told(again)}, ticket {again.Issue!.Ticket}, the same time: {again.Issue.DateIssued == issued.DateIssued}");

var used = (await toAnyone.Issues[7].Use.PostAsync(new() { OrderAmount = 20_000 }))!;
var found = (await toAnyone.Issues[7].GetAsync())!;
Print("used", $"after it was issued: {used.DateUsed >= used.DateIssued}, found so: {found.DateUsed == used.DateUsed}");
await toAnyone.Issues.PostAsync(new() { UserId = 8 });
Print("used for no order", $"{(await toAnyone.Issues[8].Use.PostAsync(new()))!.DateUsed is not null}");

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
    catch (Problem problem)
    {
        return problem;
    }
}
