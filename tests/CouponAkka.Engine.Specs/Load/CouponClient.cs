using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>
/// The HTTP contract as calls, spread over the addresses of an engine. An answer that the contract does not allow is an
/// exception, except a refusal where the return type has room for it. What may be asked as
/// often as one likes is asked until the engine can tell.
/// </summary>
public sealed class CouponClient(params Uri[] addresses) : IDisposable
{
    /// <summary>What it sends as the key of administrators, for engines that have one.</summary>
    public const string AdminKey = "the key of the specs";

    private const int PageSize = 1_000;

    // A deadline for one answer, which only a broken engine reaches.
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = AnswerDeadline,
        DefaultRequestHeaders = { { "X-Api-Key", AdminKey } },
    };

    private int _requests;

    /// <summary>Asks once to issue. A broken or refused connection is an answer too.</summary>
    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var reply = await SendAsync(HttpMethod.Post, $"/coupons/{couponId}/issues", new { userId });
            var ended = Stopwatch.GetTimestamp();
            var (outcome, issue) = ReadIssuing(reply);
            return new Answer(userId, outcome, issue, started, ended, Connected: true);
        }
        catch (HttpRequestException noAnswer)
        {
            var refused = noAnswer.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
            var outcome = refused ? Outcome.NotDecided : Outcome.Unknown;
            return new Answer(userId, outcome, null, started, Stopwatch.GetTimestamp(), Connected: false);
        }
    }

    /// <summary>Asks once, whatever it is. A connection that breaks, is refused, or keeps silent, is an answer too.</summary>
    public async Task<Operation> AskAsync(long couponId, Question question, CancellationToken cancel = default)
    {
        var at = DateTimeOffset.UtcNow;
        var started = Stopwatch.GetTimestamp();
        Operation Heard(Told told, bool connected = true) => new(question, told, started, Stopwatch.GetTimestamp(), at, connected);
        try
        {
            return Heard(Read(question, await SendAsync(question, couponId, cancel)));
        }
        catch (HttpRequestException noAnswer)
        {
            return Heard(noAnswer.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } ? new Told.NotDecided() : new Told.Unknown(), connected: false);
        }
        catch (OperationCanceledException)
        {
            return Heard(new Told.Unknown(), connected: false);
        }
    }

    /// <summary>Asks to issue on the path of the course's last version.</summary>
    public async Task<CourseAnswer> IssueAsInTheCourseAsync(long couponId, long userId)
    {
        var reply = await SendAsync(HttpMethod.Post, "/v2/issue-async", new { userId, couponId });
        return reply.Require(HttpStatusCode.OK).Read<CourseAnswer>();
    }

    // 200 is for who had to ask again, and had created it.
    public async Task CreateAsync(long couponId, Policy policy) =>
        (await UntilAnsweredAsync(HttpMethod.Put, $"/coupons/{couponId}", policy)).Require(HttpStatusCode.Created, HttpStatusCode.OK);

    /// <summary>The coupon as it was changed, or null if the new total is below what is issued.</summary>
    /// <param name="change">An object with the fields to change.</param>
    public async Task<CouponView?> ChangeAsync(long couponId, object change)
    {
        var reply = await SendAsync(HttpMethod.Patch, $"/coupons/{couponId}", change);
        if (reply.IsRefusal(HttpStatusCode.Conflict, "INVALID_COUPON_ISSUE_QUANTITY"))
            return null;
        return reply.Require(HttpStatusCode.OK).Read<CouponView>();
    }

    /// <summary>The unit as it is used, and whether this call used it: of many calls exactly one does.</summary>
    public async Task<(Issue Issue, bool UsedNow)> UseAsync(long couponId, long userId)
    {
        var reply = await SendAsync(HttpMethod.Post, $"/coupons/{couponId}/issues/{userId}/use", new { orderAmount = 20_000 });
        if (reply.IsRefusal(HttpStatusCode.Conflict, "COUPON_ALREADY_USED") && reply.Read<Problem>().Issue is { } used)
            return (used, UsedNow: false);
        return (reply.Require(HttpStatusCode.OK).Read<Issue>(), UsedNow: true);
    }

    public async Task NameVendorAsync(long vendorId, string name) =>
        (await UntilAnsweredAsync(HttpMethod.Put, $"/vendors/{vendorId}", new { name })).Require(HttpStatusCode.Created, HttpStatusCode.OK);

    public async Task<VendorView> VendorAsync(long vendorId) =>
        (await GetAsync($"/vendors/{vendorId}")).Require(HttpStatusCode.OK).Read<VendorView>();

    /// <summary>What the read model says the vendor was paid, all pages.</summary>
    public async Task<IReadOnlyList<Payout>> PayoutsAsync(long vendorId)
    {
        var payouts = new List<Payout>();
        for (long? after = 0; after is not null;)
        {
            var page = (await GetAsync($"/vendors/{vendorId}/payouts?after={after}&limit=200")).Require(HttpStatusCode.OK).Read<PayoutPage>();
            payouts.AddRange(page.Items);
            after = page.Next;
        }

        return payouts;
    }

    public async Task PutProductAsync(long productId, NewProduct product) =>
        (await UntilAnsweredAsync(HttpMethod.Put, $"/products/{productId}", product)).Require(HttpStatusCode.Created, HttpStatusCode.OK);

    public async Task<ProductView> ProductAsync(long productId) =>
        (await GetAsync($"/products/{productId}")).Require(HttpStatusCode.OK).Read<ProductView>();

    /// <summary>Asks once to place the order; null if that may not have been done. A broken connection is an exception.</summary>
    /// <param name="key">Asked again under the same, it is placed once.</param>
    public async Task<OrderView?> TryPlaceAsync(string key, NewOrder order)
    {
        var reply = await SendAsync(HttpMethod.Post, "/orders", order, headers: ("Idempotency-Key", key));
        return reply.SaysWhenToRetry ? null : reply.Require(HttpStatusCode.Accepted).Read<OrderView>();
    }

    public async Task<OrderView> OrderAsync(long orderId) => (await GetAsync($"/orders/{orderId}")).Require(HttpStatusCode.OK).Read<OrderView>();

    /// <summary>Asks once to use a unit, with whatever answer. A broken connection is an exception.</summary>
    public async Task<bool> TryUseAsync(long couponId, long userId) =>
        (await SendAsync(HttpMethod.Post, $"/coupons/{couponId}/issues/{userId}/use", new { orderAmount = 20_000 })).Status == HttpStatusCode.OK;

    /// <summary>Has every notification from now on posted there.</summary>
    public async Task AddWebhookAsync(Uri url, string secret) =>
        (await UntilAnsweredAsync(HttpMethod.Post, "/webhooks", new { url, kinds = (string[]?)null, secret })).Require(HttpStatusCode.Created);

    /// <summary>All notifications, page after page.</summary>
    public async Task<IReadOnlyList<JsonNode>> NotificationsAsync()
    {
        var all = new List<JsonNode>();
        for (long? after = 0; after is not null;)
        {
            var page = (await GetAsync($"/notifications?after={after}&limit=200")).Require(HttpStatusCode.OK).Read<JsonNode>();
            all.AddRange(page["items"]!.AsArray().Select(item => item!));
            after = page["next"]?.GetValue<long>();
        }

        return all;
    }

    /// <summary>One of its addresses, another each time.</summary>
    public Uri NextAddress() => addresses[(int)((uint)Interlocked.Increment(ref _requests) % addresses.Length)];

    public async Task<Status> StatusAsync(long couponId) =>
        (await GetAsync($"/coupons/{couponId}/status")).Require(HttpStatusCode.OK).Read<Status>();

    /// <summary>The unit that the entity says the user holds, or null.</summary>
    public async Task<Issue?> FindIssueAsync(long couponId, long userId)
    {
        var reply = await GetAsync($"/coupons/{couponId}/issues/{userId}");
        if (reply.IsRefusal(HttpStatusCode.NotFound, "COUPON_ISSUE_NOT_EXIST"))
            return null;
        return reply.Require(HttpStatusCode.OK).Read<Issue>();
    }

    /// <summary>The coupon in the read model, or null.</summary>
    public async Task<CouponView?> FindCouponAsync(long couponId) =>
        (await GetAsync($"/coupons?after={couponId - 1}&limit=1")).Require(HttpStatusCode.OK).Read<CouponPage>() is { Items: [var coupon] } && coupon.CouponId == couponId
            ? coupon
            : null;

    /// <summary>Every unit of the coupon in the read model, page after page; none if the coupon is not there yet.</summary>
    public async Task<IReadOnlyList<Issue>> ListIssuesAsync(long couponId)
    {
        var issues = new List<Issue>();
        for (long? after = 0; after is not null;)
        {
            var reply = await GetAsync($"/coupons/{couponId}/issues?after={after}&limit={PageSize}");
            if (reply.IsRefusal(HttpStatusCode.NotFound, "COUPON_NOT_EXIST"))
                break;
            var page = reply.Require(HttpStatusCode.OK).Read<IssuePage>();
            issues.AddRange(page.Items);
            after = page.Next;
        }

        return issues;
    }

    /// <summary>
    /// Every page of the list at <paramref name="path"/>, each as its address, status and body as they came; a refusal is
    /// the last page.
    /// </summary>
    /// <param name="path">With a <c>limit</c>, to which <c>after</c> is added.</param>
    public async Task<IReadOnlyList<string>> ReadPagesAsync(string path)
    {
        var pages = new List<string>();
        for (var address = path; address is not null;)
        {
            var reply = await GetAsync(address);
            pages.Add($"{address}: {reply.Status} {Encoding.UTF8.GetString(reply.Body)}");
            if (reply.Status != HttpStatusCode.OK)
                break;
            using var page = JsonDocument.Parse(reply.Body);
            var next = page.RootElement.GetProperty("next");
            address = next.ValueKind == JsonValueKind.Null ? null : $"{path}&after={Uri.EscapeDataString(next.ToString())}";
        }

        return pages;
    }

    /// <summary>What is answered at <paramref name="path"/>, with whatever status.</summary>
    public async Task<JsonNode?> ReadAsync(string path) => JsonNode.Parse((await GetAsync(path)).Body);

    public void Dispose() => _http.Dispose();

    private static (Outcome Outcome, Issue? Issue) ReadIssuing(Reply reply)
    {
        if (reply.Status == HttpStatusCode.Created)
            return (Outcome.Issued, reply.Read<Issue>());
        if (reply.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && !reply.SaysWhenToRetry)
            throw reply.Unexpected();
        var problem = reply.Read<Problem>();
        return ((int)reply.Status, problem.Code) switch
        {
            (409, "DUPLICATED_COUPON_ISSUE") when problem.Issue is not null => (Outcome.Duplicate, problem.Issue),
            (409, "INVALID_COUPON_ISSUE_QUANTITY") => (Outcome.SoldOut, null),
            (409, "INVALID_COUPON_ISSUE_DATE") => (Outcome.OutsidePeriod, null),
            (409, "COUPON_STOPPED") => (Outcome.Stopped, null),
            (429, "TOO_MANY_REQUESTS") or (503, "UNAVAILABLE") => (Outcome.NotDecided, null),
            (503, "ISSUE_OUTCOME_UNKNOWN") => (Outcome.Unknown, null),
            _ => throw reply.Unexpected(),
        };
    }

    private Task<Reply> SendAsync(Question question, long couponId, CancellationToken cancel) => question switch
    {
        Question.Issue issue => SendAsync(HttpMethod.Post, $"/coupons/{couponId}/issues", new { issue.UserId }, cancel),
        Question.Find find => SendAsync(HttpMethod.Get, $"/coupons/{couponId}/issues/{find.UserId}", null, cancel),
        Question.Use use => SendAsync(HttpMethod.Post, $"/coupons/{couponId}/issues/{use.UserId}/use", new { orderAmount = 20_000 }, cancel),
        Question.Status => SendAsync(HttpMethod.Get, $"/coupons/{couponId}/status", null, cancel),
        Question.Coupon => SendAsync(HttpMethod.Get, $"/coupons/{couponId}", null, cancel),
        Question.Change { Stopped: { } stopped } => SendAsync(HttpMethod.Post, $"/coupons/{couponId}/{(stopped ? "stop" : "resume")}", null, cancel),
        Question.Change change => SendAsync(HttpMethod.Patch, $"/coupons/{couponId}", FieldsOf(change), cancel),
        _ => throw new ArgumentException($"Nobody can ask {question}.", nameof(question)),
    };

    // A null would mean "without limit", not "as it is".
    private static Dictionary<string, object> FieldsOf(Question.Change change)
    {
        var fields = new Dictionary<string, object>();
        if (change.Title is { } title)
            fields["title"] = title;
        if (change.TotalQuantity is { } total)
            fields["totalQuantity"] = total;
        if (change.DateIssueStart is { } start)
            fields["dateIssueStart"] = start;
        if (change.DateIssueEnd is { } end)
            fields["dateIssueEnd"] = end;
        return fields;
    }

    private static Told Read(Question question, Reply reply)
    {
        if (reply.Status is HttpStatusCode.OK or HttpStatusCode.Created)
        {
            return question switch
            {
                Question.Issue => new Told.Issued(reply.Require(HttpStatusCode.Created).Read<Issue>()),
                Question.Find => new Told.Held(reply.Read<Issue>()),
                Question.Use => new Told.Used(reply.Read<Issue>()),
                Question.Status => new Told.Stands(reply.Read<Status>()),
                Question.Coupon => new Told.Shown(reply.Read<CouponView>()),
                Question.Change => new Told.Changed(reply.Read<CouponView>()),
                _ => throw reply.Unexpected(),
            };
        }

        if (reply.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && !reply.SaysWhenToRetry)
            throw reply.Unexpected();
        var problem = reply.Read<Problem>();
        return ((int)reply.Status, problem.Code, question) switch
        {
            (409, "DUPLICATED_COUPON_ISSUE", Question.Issue) or (409, "COUPON_ALREADY_USED", Question.Use) when problem.Issue is { } issue => new Told.Held(issue),
            (409, "INVALID_COUPON_ISSUE_QUANTITY", Question.Issue) => new Told.SoldOut(),
            (409, "INVALID_COUPON_ISSUE_DATE", Question.Issue) => new Told.OutsidePeriod(),
            (409, "COUPON_STOPPED", Question.Issue) => new Told.Stopped(),
            (409, "INVALID_COUPON_ISSUE_QUANTITY", Question.Change) => new Told.BelowIssued(),
            (404, "COUPON_ISSUE_NOT_EXIST", Question.Find or Question.Use) => new Told.NotHeld(),
            (404, "COUPON_NOT_EXIST", _) => new Told.NoCoupon(),
            (429, "TOO_MANY_REQUESTS", _) or (503, "UNAVAILABLE", _) => new Told.NotDecided(),
            (503, "ISSUE_OUTCOME_UNKNOWN", _) => new Told.Unknown(),
            _ => throw reply.Unexpected(),
        };
    }

    private Task<Reply> GetAsync(string path) => UntilAnsweredAsync(HttpMethod.Get, path);

    private Task<Reply> UntilAnsweredAsync(HttpMethod method, string path, object? body = null) => Eventually.ReadAsync(
        $"{method} {path} is answered", () => SendAsync(method, path, body), reply => !reply.SaysWhenToRetry);

    private async Task<Reply> SendAsync(
        HttpMethod method, string path, object? body = null, CancellationToken cancel = default, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(NextAddress(), path));
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (body is not null)
            request.Content = JsonContent.Create(body, options: Json);
        using var response = await _http.SendAsync(request, cancel);
        return new Reply($"{method} {path}", response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancel), response.Headers.RetryAfter is not null);
    }

    private sealed record Reply(string Request, HttpStatusCode Status, byte[] Body, bool SaysWhenToRetry)
    {
        public T Read<T>()
        {
            try
            {
                return JsonSerializer.Deserialize<T>(Body, Json) ?? throw Unexpected();
            }
            catch (JsonException)
            {
                throw Unexpected();
            }
        }

        public bool IsRefusal(HttpStatusCode status, string code) => Status == status && Read<Problem>().Code == code;

        public Reply Require(params ReadOnlySpan<HttpStatusCode> statuses) => statuses.Contains(Status) ? this : throw Unexpected();

        public InvalidOperationException Unexpected() => new(string.Create(
            CultureInfo.InvariantCulture, $"{Request} was answered with {(int)Status}: {Encoding.UTF8.GetString(Body)}"));
    }
}
