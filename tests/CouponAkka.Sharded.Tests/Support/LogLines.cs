using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>What was logged, exceptions and all.</summary>
internal sealed class LogLines<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(LogLevel Level, string Line)> _lines = new();

    public bool Has(LogLevel level, params string[] parts) =>
        _lines.Any(logged => logged.Level == level && parts.All(part => logged.Line.Contains(part, StringComparison.Ordinal)));

    public int Count(LogLevel level) => _lines.Count(logged => logged.Level == level);

    public override string ToString() => string.Join('\n', _lines);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, $"{formatter(state, exception)} {exception?.Message}"));
}
