using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace CouponAkka.Simulation.Tests;

/// <summary>Time that passes only as told, and what happens in it: one thing after another, in an order that a seed decides.</summary>
internal sealed class World(int seed, Bug bug)
{
    /// <summary>When it begins, by everybody's clock on the wall if it is right.</summary>
    public static readonly DateTimeOffset Beginning = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long Time, long Order)> _toCome = new();
    private readonly Random _random = new(seed);
    private long _order;

    /// <summary>In ticks, since the beginning. No process knows it.</summary>
    public long Now { get; private set; } = TimeSpan.TicksPerHour;

    /// <summary>What happened, if somebody wants to read it.</summary>
    public List<string>? Story { get; init; }

    public bool Has(Bug planted) => bug == planted;

    public bool Chance(int ofHundred) => _random.Next(100) < ofHundred;

    public int Choose(int below) => _random.Next(below);

    /// <summary>A duration in ticks; short ones are more likely.</summary>
    public long Between(double fromMilliseconds, double toMilliseconds)
    {
        var share = _random.NextDouble();
        return (long)((fromMilliseconds + ((toMilliseconds - fromMilliseconds) * share * share)) * TimeSpan.TicksPerMillisecond) + 1;
    }

    public void After(long ticks, Action happens) => _toCome.Enqueue(happens, (Now + ticks, _order++));

    /// <summary>Lets the next thing happen; false if there is none.</summary>
    public bool Step()
    {
        if (!_toCome.TryDequeue(out var happens, out var moment))
            return false;
        Now = moment.Time;
        happens();
        return true;
    }

    public void Tell(string who, [InterpolatedStringHandlerArgument("")] StoryLine what)
    {
        var passed = TimeSpan.FromTicks(Now) - TimeSpan.FromHours(1);
        Story?.Add(string.Create(CultureInfo.InvariantCulture, $"{passed.TotalSeconds,9:0.00000} {who,-8} {what.Text}"));
    }
}

/// <summary>A line of a story: costs nothing if nobody wants to read it.</summary>
[InterpolatedStringHandler]
internal readonly struct StoryLine
{
    private readonly StringBuilder? _text;

    public StoryLine(int literalLength, int formattedCount, World world, out bool wanted)
    {
        wanted = world.Story is not null;
        _text = wanted ? new StringBuilder(literalLength + (formattedCount * 16)) : null;
    }

    public string Text => _text?.ToString() ?? "";

    public void AppendLiteral(string text) => _text!.Append(text);

    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");
}
