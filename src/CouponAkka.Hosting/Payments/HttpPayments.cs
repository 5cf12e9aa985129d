using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using CouponAkka.Engine.Payments;
using Microsoft.Extensions.Logging;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace CouponAkka.Hosting.Payments;

/// <summary>
/// The provider behind an HTTP API, as docs/payments.md has it. Where an answer is lost, it is asked by the order's id what is done before it is asked to do
/// it again. What it answers is not trusted: only a well-formed charge of this order and amount counts, and all else is Unknown, and logged.
/// </summary>
/// <param name="http">Its base address is the provider's; <see cref="PaymentClient"/> makes it.</param>
internal sealed partial class HttpPayments(HttpClient http, TimeProvider clock, ILogger<HttpPayments> log) : IPaymentProvider
{
    private const int TimesAsked = 2;
    private const int MostSigns = 300;

    private readonly LogPace _pace = new(clock);

    /// <inheritdoc/>
    public async Task<TakeOutcome> TakeAsync(long orderId, long amount, CancellationToken cancel)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new ChargeBody(orderId, amount), PaymentJson.Default.ChargeBody);
        var answer = await AskAsync(
            orderId, "charges", Key(orderId), body, charge => Problem(charge, amount), static _ => true, cancel);
        return answer switch
        {
            Charge { Status: ChargeStatus.Taken } => TakeOutcome.Taken,
            Charge { Status: ChargeStatus.Declined or ChargeStatus.Refunded } => TakeOutcome.Declined,
            _ => Unknown(orderId, answer, TakeOutcome.Unknown),
        };

        // What is refunded may be nothing.
        static string? Problem(Charge charge, long amount) => charge.Amount == amount || charge is { Status: ChargeStatus.Refunded, Amount: 0 }
            ? null
            : $"It answers for an amount of {charge.Amount}, and was asked for {amount}.";
    }

    /// <inheritdoc/>
    public async Task<GiveBackOutcome> GiveBackAsync(long orderId, CancellationToken cancel)
    {
        var answer = await AskAsync(
            orderId,
            $"charges/{Key(orderId)}/refund",
            $"{Key(orderId)}-refund",
            body: null,
            static _ => null,
            static charge => charge.Status == ChargeStatus.Refunded,
            cancel);
        return answer is Charge { Status: ChargeStatus.Refunded } ? GiveBackOutcome.GivenBack : Unknown(orderId, answer, GiveBackOutcome.Unknown);
    }

    private static string Key(long orderId) => orderId.ToString(CultureInfo.InvariantCulture);

    // Posts, and where the answer is lost, looks whether it is done, and posts again if it is not.
    private async Task<ProviderAnswer> AskAsync(
        long orderId, string path, string key, byte[]? body, Func<Charge, string?> problem, Func<Charge, bool> isDone, CancellationToken cancel)
    {
        for (var time = 1; ; time++)
        {
            var posted = Checked(await SendAsync(Post(), cancel));
            if (posted is not Lost)
                return posted;
            var known = Checked(await SendAsync(new HttpRequestMessage(HttpMethod.Get, $"charges/{Key(orderId)}"), cancel));
            var isUndone = known is NoCharge || known is Charge charge && !isDone(charge);
            if (!isUndone)
                return known;
            if (time == TimesAsked)
                return posted;
        }

        ProviderAnswer Checked(ProviderAnswer answer) => answer is not Charge charge ? answer
            : charge.OrderId != orderId ? Other($"It answers for order {charge.OrderId}.")
            : problem(charge) is { } why ? Other(why)
            : charge;

        HttpRequestMessage Post()
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body ?? []) };
            if (body is not null)
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("Idempotency-Key", key);
            return request;
        }

        static Unusable Other(string why) =>
            new("other", $"{why} What to do: compare the charge there with the order, and look at what answers at Payments:Url.");
    }

    private async Task<ProviderAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using (request)
        {
            try
            {
                using var response = await http.SendAsync(request, cancel);
                var content = response.Content;
                return ProviderAnswer.Of(
                    response.StatusCode,
                    content.Headers.ContentType?.MediaType,
                    content.Headers.ContentEncoding.Count > 0,
                    await content.ReadAsByteArrayAsync(cancel));
            }
            catch (TimeoutRejectedException)
            {
                return new Lost("time-out", "It does not answer within Payments:TimeoutSeconds.");
            }
            catch (BrokenCircuitException)
            {
                return new Unusable("circuit", "It has failed too often of late, and is left alone for some seconds.");
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                return new Lost("connection", Legible(failure.Message));
            }
            // Other kinds come of answers that the client can't make sense of: whatever it was, the request was on its way.
            catch (Exception failure) when (failure is not OutOfMemoryException && !cancel.IsCancellationRequested)
            {
                return new Lost("failure", Legible($"{failure.GetType().Name}: {failure.Message}"));
            }
        }
    }

    // It may quote what was answered.
    private static string Legible(string text) => string.Concat(text.Where(sign => !char.IsControl(sign)).Take(MostSigns));

    private T Unknown<T>(long orderId, ProviderAnswer answer, T unknown)
    {
        var (kind, why) = answer switch
        {
            Lost lost => (lost.Kind, lost.Why + " What to do: look at whether it is well, and reachable from here."),
            Unusable unusable => (unusable.Kind, unusable.Why),
            NoCharge => ("none", "It answers 404. What to do: look at Payments:Url; docs/payments.md says what it must answer."),
            Charge { Status: ChargeStatus.Pending } => (null, ""),
            _ => ("refund", "It does not give back what it was asked to. What to do: look at the charge there."),
        };
        if (kind is not null && _pace.Allows(kind))
            LogUnknown(orderId, why);
        return unknown;
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The payment provider's answer for order {OrderId} is not known: the order asks again by its own timer. The same for others is not logged "
            + "for a minute. {Why}")]
    private partial void LogUnknown(long orderId, string why);
}
