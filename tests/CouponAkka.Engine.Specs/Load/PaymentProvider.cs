using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>
/// A payment provider that outlives the engine and keeps books, as docs/payments.md has it. Not a friendly one: it declines some orders, answers some late, and
/// of some it takes the money and says nothing, once or always. Which, the order's number says.
/// </summary>
public sealed class PaymentProvider : IDisposable
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<long, Book> _books = [];

    public PaymentProvider()
    {
        Address = Ports.FreeAddress();
        _listener.Prefixes.Add($"{Address}");
        _listener.Start();
        _ = AnswerAllAsync();
    }

    public Uri Address { get; }

    /// <summary>What was done for an order.</summary>
    public Charged Of(long orderId)
    {
        var book = _books.GetValueOrDefault(orderId);
        if (book is null)
            return default;
        lock (book)
            return new(book.Asked, book.Taken, book.Taken - book.GivenBack);
    }

    public void Dispose() => _listener.Close();

    private async Task AnswerAllAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            var (status, answer) = await DoAsync(context.Request);
            if (status == 0)
            {
                context.Response.Abort();
                return;
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
            context.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // Whoever asked was killed.
        }
    }

    // Status 0 is for a connection that breaks.
    private async Task<(int Status, string Answer)> DoAsync(HttpListenerRequest request)
    {
        var path = request.Url!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path.Length == 1)
        {
            var charge = await JsonSerializer.DeserializeAsync<JsonElement>(request.InputStream);
            var (id, amount) = (charge.GetProperty("orderId").GetInt64(), charge.GetProperty("amount").GetInt64());
            var answer = Take(id, amount, request.Headers["Idempotency-Key"]!);
            if (id % 8 == 2)
                await Task.Delay(Late);
            return answer;
        }

        var orderId = long.Parse(path[1], CultureInfo.InvariantCulture);
        var book = _books.GetOrAdd(orderId, _ => new Book());
        lock (book)
        {
            if (path.Length == 3)
            {
                book.IsClosed = true;
                book.GivenBack = book.Taken;
                return (200, Charge(orderId, book.Amount, "refunded"));
            }

            return orderId % 16 == 3 ? (500, "") : book.Taken > book.GivenBack ? (200, Charge(orderId, book.Amount, "taken")) : (404, "{}");
        }
    }

    private (int Status, string Answer) Take(long orderId, long amount, string key)
    {
        var book = _books.GetOrAdd(orderId, _ => new Book());
        lock (book)
        {
            book.Asked++;
            if (orderId % 8 == 0 || book.IsClosed)
                return (402, Charge(orderId, amount, "declined"));
            // Under another key, the same is taken again.
            var isFirst = book.Keys.Add(key);
            if (isFirst)
                (book.Amount, book.Taken) = (amount, book.Taken + 1);
            if (orderId % 16 == 3)
                return (500, "");
            return isFirst && orderId % 8 == 1 ? (0, "") : (201, Charge(orderId, book.Amount, "taken"));
        }
    }

    private static string Charge(long orderId, long amount, string status) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"orderId":{{orderId}},"amount":{{amount}},"status":"{{status}}"}""");

    private sealed class Book
    {
        public HashSet<string> Keys { get; } = [];

        public long Amount { get; set; }

        public int Asked { get; set; }

        public int Taken { get; set; }

        public int GivenBack { get; set; }

        public bool IsClosed { get; set; }
    }
}

/// <summary>What was done for an order.</summary>
/// <param name="Asked">How often it was asked to take.</param>
/// <param name="Taken">How often it took.</param>
/// <param name="Kept">How much of that it has not given back.</param>
public readonly record struct Charged(int Asked, int Taken, int Kept);
