using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using CouponAkka.Sharded.Operations;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace CouponAkka.Sharded.Tests.Operations;

[SuppressMessage("Design", "CA1001", Justification = "The logs hold nothing.")]
public sealed class AkkaLogTests : IAsyncLifetime
{
    private const int Many = 3000;

    private readonly Logs _logs = new();
    private ActorSystem _system = null!;

    public Task InitializeAsync()
    {
        _system = ActorSystem.Create(
            "logs",
            ActorSystemSetup.Create(
                BootstrapSetup.Create().WithConfig(
                    $"akka.stdout-loglevel = OFF, akka.loglevel = INFO, akka.loggers = [\"{typeof(AkkaLog).AssemblyQualifiedName}\"]"),
                new AkkaLogSetup(_logs)));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _system.Terminate();
    }

    [Fact]
    public async Task A_line_of_an_actor_stands_under_its_class_and_says_only_what_the_actor_said()
    {
        _system.ActorOf(Props.Create(() => new Speaker(log => log.Info("Coupon {0} is awake.", 42))), "speaker");

        var line = await LineAsync(line => line.Level == LogLevel.Information);
        Assert.Equal("CouponAkka.Sharded.Tests.Operations.Speaker", line.Category);
        Assert.Equal((LogLevel.Information, "Coupon 42 is awake.", null), (line.Level, line.Text, line.Cause));
        Assert.Contains("/user/speaker", line.Actor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_a_name_and_no_class_is_Akkas_own()
    {
        Logging.GetLogger(_system, "RestartWithBackoff").Warning("Restarting graph.");

        var line = await LineAsync(line => line.Level == LogLevel.Warning);
        Assert.Equal("Akka", line.Category);
        Assert.StartsWith("RestartWithBackoff", line.Actor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_the_database_failed_is_one_line_with_its_cause()
    {
        var cause = new InvalidOperationException("outer", new TimeoutException("The server is read-only.\nsecond line"));
        _system.ActorOf(Props.Create(() => new Speaker(log => log.Error(cause, "A write of {0} failed.", "coupon-42"))));

        var line = await LineAsync(line => line.Level == LogLevel.Error);
        Assert.Equal(("A write of coupon-42 failed. The server is read-only.", null), (line.Text, line.Cause));
    }

    [Fact]
    public async Task At_Debug_its_stack_comes_along()
    {
        _logs.Least = LogLevel.Debug;
        var cause = new TimeoutException("late");
        _system.ActorOf(Props.Create(() => new Speaker(log => log.Error(cause, "A write failed."))));

        Assert.Same(cause, (await LineAsync(line => line.Level == LogLevel.Error)).Cause);
    }

    [Fact]
    public async Task A_bug_keeps_its_stack()
    {
        var bug = new InvalidOperationException("a bug");
        _system.ActorOf(Props.Create(() => new Speaker(log => log.Error(bug, "It is broken."))));

        Assert.Same(bug, (await LineAsync(line => line.Level == LogLevel.Error)).Cause);
    }

    [Fact]
    public async Task When_each_of_many_coupons_says_the_same_a_few_lines_do_and_the_rest_is_counted()
    {
        _system.ActorOf(Props.Create(() => new Speaker(log => Fail(log))));

        await Eventually.HoldsAsync(() => Written() + LeftOut() == Many, () => $"{Written()} written, {LeftOut()} left out");
        Assert.InRange(Written(), 1, Many / 2);

        int Written() => _logs.Lines.Count(line => line.Text.StartsWith("A write of coupon-", StringComparison.Ordinal));
        int LeftOut() => _logs.Lines.Where(line => line.Text.Contains(" more lines like \"A write of {0} failed.\"", StringComparison.Ordinal))
            .Sum(line => int.Parse(line.Text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void Fail(ILoggingAdapter log)
    {
        for (var i = 0; i < Many; i++)
            log.Error("A write of {0} failed.", $"coupon-{i}");
    }

    private async Task<Line> LineAsync(Func<Line, bool> which)
    {
        await Eventually.HoldsAsync(() => _logs.Lines.Any(which), () => string.Join('\n', _logs.Lines));
        return _logs.Lines.First(which);
    }

    private sealed class Speaker : UntypedActor
    {
        public Speaker(Action<ILoggingAdapter> speak) => speak(Context.GetLogger());

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed record Line(string Category, LogLevel Level, string Text, string Actor, Exception? Cause);

    private sealed class Logs : ILoggerFactory
    {
        public ConcurrentQueue<Line> Lines { get; } = [];

        public LogLevel Least { get; set; } = LogLevel.Information;

        public ILogger CreateLogger(string categoryName) => new Log(this, categoryName);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        // Nothing is held.
        public void Dispose()
        {
        }
    }

    private sealed class Log(Logs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= logs.Least;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs.Lines.Enqueue(new(
                category, logLevel, formatter(state, exception),
                (state as IEnumerable<KeyValuePair<string, object?>>)?.FirstOrDefault(field => field.Key == "Actor").Value as string ?? "", exception));
    }
}
