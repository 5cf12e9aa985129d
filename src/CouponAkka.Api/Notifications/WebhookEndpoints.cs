using System.Globalization;
using System.Net.Sockets;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;
using CouponAkka.Hosting.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Notifications;

/// <summary>Webhooks: administrators say to whom notifications are posted, and see how that fares.</summary>
internal sealed class WebhookEndpoints(IWebhooks webhooks, IOptions<WebhookOptions> options)
{
    private static readonly WebhookJson Example = new(
        1, "https://shop.example/coupons", ["coupon.issued"], Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), 42, null, null, null);

    public static readonly Problem TooMany = Problem.New(
        409, "TOO_MANY_WEBHOOKS", "Too many webhooks", $"There are {Webhook.Most} already, which is as many as there can be: remove one.");

    public static readonly Problem NotExist = Problem.New(404, "WEBHOOK_NOT_EXIST", "No such webhook", "There is no webhook with this id.");

    public void Map(IEndpointRouteBuilder routes)
    {
        var json = NotificationApiJsonContext.Default;
        routes.MapPost("/webhooks", Add).RequireAdmin()
            .Describe("CreateWebhook", "Post all notifications from now on to a URL, in order, at least once each, signed in X-Coupon-Signature.")
            .Takes("""{"url":"https://shop.example/coupons","kinds":["coupon.issued"],"secret":"a secret of the two of us"}""")
            .Answers(201, json.WebhookJson, Example).RefusesLike(TooMany).Refuses(400, 409, 413, 415, 429, 503);
        routes.MapGet("/webhooks", List).RequireAdmin()
            .Describe("ListWebhooks", "All webhooks by id, how far each is, and why it does not go on.")
            .Answers(200, json.ListJsonWebhookJsonNullableInt64, new([Example], null)).Refuses(429, 503);
        routes.MapDelete("/webhooks/{webhookId}", Remove).RequireAdmin()
            .Describe("RemoveWebhook", "Post nothing there any more.")
            .Produces(204).RefusesLike(NotExist).Refuses(400, 404, 429, 503);
    }

    private async Task<IResult> Add(JsonBody<WebhookRequest> body, CancellationToken cancel)
    {
        var request = body.Value;
        if (!options.Value.AllowPrivateTargets)
            await RequirePublicAsync(new Uri(request.Url!), cancel);
        return await webhooks.AddAsync(request.Url!, request.Kinds, request.Secret!, cancel) is { } added
            ? new JsonResult<WebhookJson>(
                WebhookJson.From(added), NotificationApiJsonContext.Default.WebhookJson, StatusCodes.Status201Created,
                string.Create(CultureInfo.InvariantCulture, $"/webhooks/{added.Id}"))
            : new ProblemResult(Copy(TooMany));
    }

    private async Task<IResult> List(CancellationToken cancel) => new JsonResult<ListJson<WebhookJson, long?>>(
        new((await webhooks.ListAsync(cancel)).Select(WebhookJson.From), null), NotificationApiJsonContext.Default.ListJsonWebhookJsonNullableInt64);

    private async Task<IResult> Remove(EntityId webhookId, CancellationToken cancel) =>
        await webhooks.RemoveAsync(webhookId.Value, cancel) ? Results.NoContent() : new ProblemResult(Copy(NotExist));

    // Each answer has its own trace id.
    private static Problem Copy(Problem problem) => Problem.New(problem.Status!.Value, problem.Code, problem.Title!, problem.Detail!);

    // Looked at again whenever it is connected to, for a name may lead elsewhere by then.
    private static async Task RequirePublicAsync(Uri url, CancellationToken cancel)
    {
        bool isPublic;
        try
        {
            isPublic = (await WebhookTarget.ResolveAsync(url.IdnHost, cancel)).All(WebhookTarget.IsPublic);
        }
        catch (SocketException)
        {
            throw new InvalidRequestException("url", "must lead to a host whose name can be resolved");
        }

        if (!isPublic)
            throw new InvalidRequestException("url", "must not lead to this machine or into a private network, unless Webhooks:AllowPrivateTargets is set");
    }
}
