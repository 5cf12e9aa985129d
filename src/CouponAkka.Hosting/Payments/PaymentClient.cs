using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;

namespace CouponAkka.Hosting.Payments;

/// <summary>The client that asks the provider: it follows nobody, reads little, waits briefly, and leaves alone who fails.</summary>
internal static class PaymentClient
{
    public const string Name = "payments";

    /// <summary>A charge takes some hundred bytes.</summary>
    public const int MostBytes = 16 * 1024;

    public static void AddPaymentClient(this IServiceCollection services)
    {
        var client = services.AddHttpClient(Name, static (provider, http) =>
        {
            var options = provider.GetRequiredService<IOptions<PaymentOptions>>().Value;
            http.BaseAddress = options.Address;
            // The pipeline's is the one that counts.
            http.Timeout = Timeout.InfiniteTimeSpan;
            http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            if (options.ApiKey is { } key)
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        });
        client.UseSocketsHttpHandler(static (handler, provider) =>
        {
            handler.AllowAutoRedirect = false;
            handler.UseCookies = false;
            handler.AutomaticDecompression = DecompressionMethods.None;
            handler.MaxConnectionsPerServer = provider.GetRequiredService<IOptions<PaymentOptions>>().Value.RequestsAtOnce;
            handler.MaxResponseDrainSize = MostBytes;
            // So that a provider that moves in DNS is found.
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
        });
        client.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        client.RemoveAllLoggers();
        client.AddResilienceHandler(Name, static (pipeline, context) =>
        {
            var timeout = TimeSpan.FromSeconds(context.ServiceProvider.GetRequiredService<IOptions<PaymentOptions>>().Value.TimeoutSeconds);
            // What it is asked to do is asked again only after it was asked what it did: HttpPayments sees to that.
            var retry = new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.FromMilliseconds(200),
                UseJitter = true,
                // It may say a day.
                ShouldRetryAfterHeader = false,
            };
            retry.DisableForUnsafeHttpMethods();
            pipeline
                .AddRetry(retry)
                .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
                {
                    FailureRatio = 0.5,
                    MinimumThroughput = 20,
                    SamplingDuration = TimeSpan.FromSeconds(10),
                    BreakDuration = TimeSpan.FromSeconds(5),
                })
                .AddTimeout(timeout);
        });
        // Inside, so that time-out and breaker see the body too.
        client.AddHttpMessageHandler(static () => new BoundedBody());
        // HttpPayments says what is wrong, once a minute; the pipeline would for each request.
        services.AddLogging(static logging => logging.AddFilter("Polly", LogLevel.None));
    }

    /// <summary>Reads the body while whoever waits for the head waits, and fails where it is too long.</summary>
    private sealed class BoundedBody : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(MostBytes, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
