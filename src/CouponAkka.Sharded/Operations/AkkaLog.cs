using System.Data.Common;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace CouponAkka.Sharded.Operations;

/// <summary>
/// Writes what actors log where everything else is logged: under the class that said it, and in one line where the database or the network failed,
/// with its cause, for then every coupon says so. The stack comes along where the category is logged at Debug, and with every other exception.
/// </summary>
internal sealed class AkkaLog : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>, IWithTimers
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ILoggerFactory _logs;
    private readonly Dictionary<Type, ILogger> _loggers = [];
    private readonly RepeatedLines<Kind> _repeated = new();

    public AkkaLog() => _logs = Context.System.Settings.Setup.Get<AkkaLogSetup>().Value.Logs;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Second);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent said:
                Write(said);
                break;
            case Look:
                TellLeftOut();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // What was counted in the last second.
    protected override void PostStop() => TellLeftOut();

    /// <summary>The class, by its full name; of a generic one, without what it is made of. What has no class but a name is Akka's own.</summary>
    internal static string CategoryOf(Type said) =>
        said == typeof(string) || said == typeof(DummyClassForStringSources) ? nameof(Akka) : $"{said.Namespace}.{said.Name.Split('`')[0]}";

    /// <summary>The database or the network failed, which is nobody's bug.</summary>
    internal static bool IsExpected(Exception cause)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            if (inner is DbException or TimeoutException or OperationCanceledException or IOException or SocketException)
                return true;
        }

        return false;
    }

    private void Write(LogEvent said)
    {
        var level = LevelOf(said);
        var log = LoggerOf(said.LogClass);
        if (!log.IsEnabled(level))
            return;
        var kind = new Kind(said.LogClass, level, said.Message is LogMessage { Format: { } format } ? format : said.Message?.ToString() ?? "");
        if (level >= LogLevel.Warning && !_repeated.MayWrite(kind))
            return;
        var isShort = said.Cause is not null && IsExpected(said.Cause);
        var text = isShort ? $"{said.Message} {FirstLine(said.Cause!.GetBaseException().Message)}" : said.Message?.ToString() ?? "";
        var cause = isShort && !log.IsEnabled(LogLevel.Debug) ? null : said.Cause;
        log.Log(level, default, new Line(text, said.LogSource), cause, static (line, _) => line.Text);
    }

    private void TellLeftOut()
    {
        foreach (var (kind, count) in _repeated.NextSecond())
        {
            var log = LoggerOf(kind.Said);
            if (!log.IsEnabled(kind.Level))
                continue;
            var text = $"{count} more lines like \"{kind.Text}\" were left out in the last second.";
            var line = new Line(text, "");
            log.Log(kind.Level, default, line, null, static (line, _) => line.Text);
        }
    }

    private ILogger LoggerOf(Type said)
    {
        if (!_loggers.TryGetValue(said, out var log))
            _loggers[said] = log = _logs.CreateLogger(CategoryOf(said));
        return log;
    }

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd();

    private static LogLevel LevelOf(LogEvent said) => said.LogLevel() switch
    {
        Akka.Event.LogLevel.ErrorLevel => LogLevel.Error,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    private readonly record struct Kind(Type Said, LogLevel Level, string Text);

    /// <summary>What a formatter of JSON writes beside the text: the actor's path.</summary>
    private sealed class Line(string text, string source) : List<KeyValuePair<string, object?>>(
        [new("Actor", source), new("{OriginalFormat}", text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal))])
    {
        public string Text => text;

        public override string ToString() => text;
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}

/// <summary>Where <see cref="AkkaLog"/> writes.</summary>
internal sealed class AkkaLogSetup(ILoggerFactory logs) : Setup
{
    public ILoggerFactory Logs => logs;
}
