using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using CouponAkka.Engine.Payments;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests.Payments;

/// <summary>What comes of every kind of answer of a payment provider. Nothing but a well-formed charge of the order counts, and nothing throws.</summary>
public sealed class HttpPaymentsTests : IAsyncDisposable
{
    private const string Taken = """{"orderId":17,"amount":900,"status":"taken"}""";
    private const string Declined = """{"orderId":17,"amount":900,"status":"declined"}""";
    private const string Refunded = """{"orderId":17,"amount":900,"status":"refunded"}""";
    private const string Pending = """{"orderId":17,"amount":900,"status":"pending"}""";
    private const string Nothing = "";

    private static readonly string NotFound = Http(404, "{}");

    private readonly FakeProvider _provider = new();
    private readonly PaymentServices _services;

    // Nobody is to be too slow for a machine that has much to do.
    public HttpPaymentsTests() => _services = new(("Payments:Url", _provider.Url + "/"), ("Payments:ApiKey", "key"), ("Payments:TimeoutSeconds", "60"));

    /// <summary>What is sent, and what the log must say of it.</summary>
    public static TheoryData<string, string> Unusable => new()
    {
        { Http(200, "<html>Welcome!</html>", "text/html"), "is not application/json" },
        { Http(200, Taken, "text/plain"), "is not application/json" },
        { Http(200, "<html>Welcome!</html>"), "is not JSON" },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + Taken, "is not application/json" },
        { Http(200, Nothing), "is not JSON" },
        { Http(200, "null"), "lacks orderId" },
        { Http(200, "[]"), "lacks orderId" },
        { Http(200, "{}"), "lacks orderId" },
        { Http(200, new string('[', 9_000)), "is not JSON" },
        { Http(200, Taken + Declined), "is not JSON" },
        { Http(200, Taken.Replace("17", "18", StringComparison.Ordinal)), "order 18" },
        { Http(200, Taken.Replace("17", "\"17\"", StringComparison.Ordinal)), "lacks orderId" },
        { Http(200, Taken.Replace("17", "17.5", StringComparison.Ordinal)), "lacks orderId" },
        { Http(200, Taken.Replace("900", "90", StringComparison.Ordinal)), "amount of 90," },
        { Http(200, Taken.Replace("900", "0", StringComparison.Ordinal)), "amount of 0," },
        { Http(200, Taken.Replace("900", "-900", StringComparison.Ordinal)), "lacks orderId, amount" },
        { Http(200, Taken.Replace("900", "9e999", StringComparison.Ordinal)), "lacks orderId, amount" },
        { Http(200, Taken.Replace("900", "99999999999999999999", StringComparison.Ordinal)), "lacks orderId, amount" },
        { Http(200, Taken.Replace("taken", "TAKEN", StringComparison.Ordinal)), "lacks orderId, amount or status" },
        { Http(200, Taken.Replace("\"taken\"", "{}", StringComparison.Ordinal)), "lacks orderId, amount or status" },
        { Http(200, """{"orderId":17,"amount":900,"status":"declined","status":"taken"}"""), "is not JSON" },
        { Http(204, Nothing), "It answers 204" },
        { Http(302, Nothing, extra: "Location: /v1/elsewhere"), "redirects are not followed" },
        { Http(307, Nothing, extra: "Location: /v1/elsewhere"), "redirects are not followed" },
        { Http(400, Declined), "It answers 400" },
        { Http(401, Declined), "Payments:ApiKey" },
        { Http(403, Declined), "Payments:ApiKey" },
        { Http(404, Declined), "It answers 404" },
        { Http(409, Declined), "another amount" },
        { Http(422, Declined), "It answers 422" },
        { Http(402, "<html>Pay!</html>", "text/html"), "is not application/json" },
        { Http(402, Nothing), "is not JSON" },
        { Http(402, Taken), "contradicts" },
        { Http(402, Declined.Replace("17", "18", StringComparison.Ordinal)), "order 18" },
        { Http(402, Declined.Replace("900", "90", StringComparison.Ordinal)), "amount of 90," },
        { Http(402, Declined.Replace("900", "-900", StringComparison.Ordinal)), "lacks orderId, amount" },
    };

    /// <summary>What is sent to every request, and what the log must say of it.</summary>
    public static TheoryData<string, string> Lost => new()
    {
        { Http(500, Declined), "It answers 500" },
        { Http(503, Nothing, extra: "Retry-After: 86400"), "It answers 503" },
        { Http(429, Nothing, extra: "Retry-After: 86400"), "It answers 429" },
        { Http(408, Nothing), "It answers 408" },
        { Nothing, "What to do: look at whether it is well" },
        { "HTTP/1.1 200", "What to do: look at whether it is well" },
        { "SSH-2.0-OpenSSH_9.6\r\n", "What to do: look at whether it is well" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n" + Taken, "What to do: look at whether it is well" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n" + Taken, "What to do: look at whether it is well" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + Taken, "What to do: look at whether it is well" },
        { "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat($"X: {new string('x', 1_000)}\r\n", 100)) + "\r\n",
            "What to do: look at whether it is well" },
    };

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task It_is_asked_to_take_under_the_orders_number_and_with_the_key()
    {
        _provider.Answers(Http(201, """{"orderId":17,"amount":900,"status":"taken","id":"ch_1","at":null}""", "Application/JSON; charset=utf-8"));

        Assert.Equal(TakeOutcome.Taken, await TakeAsync());

        var request = Assert.Single(_provider.Requests);
        Assert.Equal(("POST", "/v1/charges", """{"orderId":17,"amount":900}"""), (request.Method, request.Path, request.Body));
        Assert.Equal(
            ("17", "Bearer key", "application/json"),
            (request.Headers["Idempotency-Key"], request.Headers["Authorization"], request.Headers["Content-Type"]));
        Assert.DoesNotContain("Accept-Encoding", request.Headers.Keys);
        Assert.Empty(_services.Log.Lines);
    }

    [Fact]
    public async Task It_is_asked_to_give_back_under_a_key_of_its_own()
    {
        _provider.Answers(Http(200, Refunded));

        Assert.Equal(GiveBackOutcome.GivenBack, await GiveBackAsync());

        var request = Assert.Single(_provider.Requests);
        Assert.Equal(("POST", "/v1/charges/17/refund", ""), (request.Method, request.Path, request.Body));
        Assert.Equal("17-refund", request.Headers["Idempotency-Key"]);
    }

    [Theory]
    [InlineData(402, Declined)]
    [InlineData(200, Declined)]
    [InlineData(402, Refunded)]
    [InlineData(402, """{"orderId":17,"amount":0,"status":"refunded"}""")]
    public async Task Only_a_charge_that_says_so_is_declined(int status, string charge)
    {
        _provider.Answers(Http(status, charge));

        Assert.Equal(TakeOutcome.Declined, await TakeAsync());
        Assert.Empty(_services.Log.Lines);
    }

    [Fact]
    public async Task What_is_not_decided_there_is_unknown_and_no_trouble()
    {
        _provider.Answers(Http(202, Pending));

        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
        Assert.Equal(["POST charges"], _provider.Asked);
        Assert.Empty(_services.Log.Lines);
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task An_answer_that_is_no_charge_of_the_order_is_unknown_and_logged_once(string answer, string said)
    {
        _provider.Answers(answer);

        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());

        Assert.Equal(["POST charges"], _provider.Asked);
        IsLoggedOnce(said);
        // The same is wrong with the next.
        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
        IsLoggedOnce(said);
    }

    [Theory]
    [MemberData(nameof(Lost))]
    public async Task Where_every_answer_is_lost_it_is_unknown_and_logged_once(string answer, string said)
    {
        _provider.Answers(answer);

        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());

        Assert.Equal(["POST charges", "GET charges/17"], _provider.Asked.Distinct());
        Assert.Single(_provider.Asked, "POST charges");
        // The client looks again by itself where a connection is closed without an answer.
        Assert.InRange(_provider.Requests.Count, 3, 9);
        IsLoggedOnce(said);
    }

    [Fact]
    public async Task Text_that_is_not_UTF8_is_unknown()
    {
        _provider.Answer = async (_, stream, cancel) =>
        {
            byte[] body = [.. Encoding.UTF8.GetBytes("""{"note":" """), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"," + Taken[1..])];
            await SendAsync(stream, Head("application/json", $"Content-Length: {body.Length}"), cancel);
            await stream.WriteAsync(body, cancel);
        };

        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
        IsLoggedOnce("is not UTF-8");
    }

    [Fact]
    public async Task What_is_compressed_is_not_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            // A gigabyte of blanks before the charge would be a megabyte: this one fits into what is read.
            await zip.WriteAsync(Encoding.UTF8.GetBytes(new string(' ', 10_000_000) + Taken));
        }

        _provider.Answer = async (_, stream, cancel) =>
        {
            await SendAsync(stream, Head("application/json", "Content-Encoding: gzip", $"Content-Length: {packed.Length}"), cancel);
            await stream.WriteAsync(packed.ToArray(), cancel);
        };

        Assert.InRange(packed.Length, 1, 16 * 1024);
        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
        IsLoggedOnce("is compressed");
    }

    [Fact]
    public async Task A_body_without_end_is_read_no_further_than_a_charge_can_be()
    {
        var sent = 0L;
        _provider.Answer = async (_, stream, cancel) =>
        {
            await SendAsync(stream, Head("application/json", "Connection: close"), cancel);
            var blanks = new byte[64 * 1024];
            blanks.AsSpan().Fill((byte)' ');
            while (true)
            {
                await stream.WriteAsync(blanks, cancel);
                Interlocked.Add(ref sent, blanks.Length);
            }
        };

        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
        IsLoggedOnce("What to do");
        // What the system's buffers of three connections hold beside it.
        Assert.InRange(Interlocked.Read(ref sent), 0, 3 * 16_000_000);
    }

    [Fact]
    public async Task A_head_that_never_comes_and_a_body_that_drips_are_waited_for_no_longer_than_the_setting_says()
    {
        _provider.Answer = async (request, stream, cancel) =>
        {
            if (request.Method == "GET")
                await SendAsync(stream, Head("application/json", "Connection: close"), cancel);
            while (request.Method == "GET")
            {
                await SendAsync(stream, " ", cancel);
                await Task.Delay(10, cancel);
            }

            await Task.Delay(Timeout.Infinite, cancel);
        };

        await using var services = new PaymentServices(("Payments:Url", _provider.Url), ("Payments:TimeoutSeconds", "0.3"));

        Assert.Equal(TakeOutcome.Unknown, await services.Provider.TakeAsync(17, 900, default));
        Assert.True(services.Log.Has(LogLevel.Error, "order 17", "What to do", "within Payments:TimeoutSeconds"), services.Log.ToString());
        Assert.Single(services.Log.Lines);
    }

    [Theory]
    [InlineData(Taken, TakeOutcome.Taken)]
    [InlineData(Declined, TakeOutcome.Declined)]
    public async Task Where_an_answer_is_lost_it_is_asked_by_key_what_was_done(string charge, TakeOutcome outcome)
    {
        _provider.Answers(Http(500, Nothing), Http(503, Nothing), Http(200, charge));

        Assert.Equal(outcome, await TakeAsync());
        Assert.Equal(["POST charges", "GET charges/17", "GET charges/17"], _provider.Asked);
        Assert.Empty(_services.Log.Lines);
    }

    [Fact]
    public async Task What_was_not_done_is_asked_once_more_under_the_same_key()
    {
        _provider.Answers(Http(500, Nothing), NotFound, Http(200, Taken));

        Assert.Equal(TakeOutcome.Taken, await TakeAsync());
        Assert.Equal(["POST charges", "GET charges/17", "POST charges"], _provider.Asked);
        Assert.Equal(["17", "17"], _provider.Requests.Where(request => request.Method == "POST").Select(request => request.Headers["Idempotency-Key"]));
    }

    [Fact]
    public async Task What_is_never_done_is_asked_a_second_time_and_then_not_any_more()
    {
        _provider.Answers(Nothing, NotFound, Nothing, NotFound);

        Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
        Assert.Equal(["POST charges", "GET charges/17", "POST charges", "GET charges/17"], _provider.Asked);
        IsLoggedOnce("What to do");
    }

    [Theory]
    [InlineData(Taken)]
    [InlineData(Declined)]
    [InlineData(Pending)]
    [InlineData("""{"orderId":18,"amount":900,"status":"refunded"}""")]
    [InlineData("""{"orderId":17,"amount":-900,"status":"refunded"}""")]
    [InlineData("{}")]
    public async Task Only_a_charge_that_says_so_is_given_back(string charge)
    {
        _provider.Answers(Http(200, charge));

        Assert.Equal(GiveBackOutcome.Unknown, await GiveBackAsync());
        Assert.Equal(["POST charges/17/refund"], _provider.Asked);
    }

    [Fact]
    public async Task Whether_it_is_given_back_is_asked_by_key_too()
    {
        _provider.Answers(Http(500, Nothing), Http(200, Taken), Http(500, Nothing), Http(200, Refunded));

        Assert.Equal(GiveBackOutcome.GivenBack, await GiveBackAsync());
        Assert.Equal(["POST charges/17/refund", "GET charges/17", "POST charges/17/refund", "GET charges/17"], _provider.Asked);
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_unknown()
    {
        await using var services = new PaymentServices(("Payments:Url", Ports.FreeAddress().OriginalString));

        Assert.Equal(TakeOutcome.Unknown, await services.Provider.TakeAsync(17, 900, default));
        Assert.True(services.Log.Has(LogLevel.Error, "order 17", "What to do"), services.Log.ToString());
    }

    [Fact]
    public async Task Who_fails_time_and_again_is_left_alone()
    {
        _provider.Answers(Http(500, Nothing));

        await Eventually.HoldsAsync(async () =>
        {
            var before = _provider.Requests.Count;
            Assert.Equal(TakeOutcome.Unknown, await TakeAsync());
            return _provider.Requests.Count == before;
        });

        Assert.True(_services.Log.Has(LogLevel.Error, "left alone"), _services.Log.ToString());
        Assert.Equal(2, _services.Log.Lines.Count());
    }

    [Fact]
    public async Task Only_who_asks_can_cancel()
    {
        using var cancel = new CancellationTokenSource();
        _provider.Answer = async (_, _, end) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, end);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _services.Provider.TakeAsync(17, 900, cancel.Token));
        Assert.Empty(_services.Log.Lines);
    }

    /// <summary>A provider that keeps to the paper, behind a line that loses requests and answers.</summary>
    [Fact]
    public async Task However_many_answers_are_lost_each_order_is_charged_once_and_given_back_once()
    {
        var charges = new ConcurrentDictionary<string, int>();
        var refunds = new ConcurrentDictionary<string, int>();
        var keys = new ConcurrentDictionary<string, bool>();
        var random = new Random(1);
        _provider.Answer = async (request, stream, cancel) =>
        {
            int luck;
            lock (random)
                luck = random.Next(10);
            var orderId = request.Path.Split('/') is [_, _, _, var named, ..] ? named : request.Headers["Idempotency-Key"];
            // Lost on the way there.
            if (luck == 0)
                return;
            if (request.Method == "POST" && keys.TryAdd(request.Headers["Idempotency-Key"], true))
                (request.Path.EndsWith("refund", StringComparison.Ordinal) ? refunds : charges).AddOrUpdate(orderId, 1, (_, times) => times + 1);
            var status = refunds.ContainsKey(orderId) ? "refunded" : charges.ContainsKey(orderId) ? "taken" : null;
            // Lost on the way back, or spoilt there.
            var answer = luck switch
            {
                1 => Nothing,
                2 => Http(502, "<html>Bad gateway</html>", "text/html"),
                3 => Http(200, "<html>Log in, please</html>", "text/html"),
                _ => status is null ? NotFound : Http(200, $$"""{"orderId":{{orderId}},"amount":900,"status":"{{status}}"}"""),
            };
            await SendAsync(stream, answer, cancel);
        };

        await Parallel.ForEachAsync(Enumerable.Range(1, 100), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (orderId, cancel) =>
        {
            await Eventually.HoldsAsync(async () => await _services.Provider.TakeAsync(orderId, 900, cancel) == TakeOutcome.Taken);
            await Eventually.HoldsAsync(async () => await _services.Provider.GiveBackAsync(orderId, cancel) == GiveBackOutcome.GivenBack);
        });

        Assert.Equal((100, 100), (charges.Count, refunds.Count));
        Assert.All(charges.Values.Concat(refunds.Values), times => Assert.Equal(1, times));
    }

    private static string Http(int status, string body, string contentType = "application/json", string? extra = null) =>
        $"HTTP/1.1 {status} X\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n"
        + (extra is null ? "" : $"{extra}\r\n") + $"\r\n{body}";

    private static string Head(string contentType, params string[] headers) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {contentType}\r\n{string.Concat(headers.Select(header => $"{header}\r\n"))}\r\n";

    private static Task SendAsync(Stream stream, string text, CancellationToken cancel) => stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancel).AsTask();

    private Task<TakeOutcome> TakeAsync() => _services.Provider.TakeAsync(17, 900, default);

    private Task<GiveBackOutcome> GiveBackAsync() => _services.Provider.GiveBackAsync(17, default);

    private void IsLoggedOnce(string said)
    {
        Assert.True(_services.Log.Has(LogLevel.Error, "order 17", "What to do", said), _services.Log.ToString());
        Assert.Single(_services.Log.Lines);
    }
}
