using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace CouponAkka.Testing;

/// <summary>What was logged, exceptions and all: a logger, and a provider that gives it to every category.</summary>
public class LogLines : FakeLogger, ILoggerProvider
{
    /// <summary>Each begins with its level: <c>Warning: Admin:ApiKey is not set</c>.</summary>
    public IEnumerable<string> Lines => Collector.GetSnapshot().Select(LineOf);

    public bool Has(LogLevel level, params string[] parts) => Collector.GetSnapshot()
        .Any(logged => logged.Level == level && LineOf(logged) is var line && parts.All(part => line.Contains(part, StringComparison.Ordinal)));

    public int Count(LogLevel level) => Collector.GetSnapshot().Count(logged => logged.Level == level);

    public override string ToString() => string.Join('\n', Lines);

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    void IDisposable.Dispose() => GC.SuppressFinalize(this);

    private static string LineOf(FakeLogRecord logged) => $"{logged.Level}: {logged.Message} {logged.Exception}";
}

/// <summary>What one class logged.</summary>
public sealed class LogLines<T> : LogLines, ILogger<T>;
