using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Simulation.Tests;

/// <summary>What can become of a write, or of a look at where the journal ends.</summary>
public enum Trouble
{
    None,

    /// <summary>It is lost, and who wrote is told that it failed.</summary>
    Lost,

    /// <summary>It is lost, and nobody is told.</summary>
    LostSilently,

    /// <summary>It lands, and who wrote is told that it failed.</summary>
    LandsAndFails,

    /// <summary>It lands, and nobody is told.</summary>
    LandsSilently,

    /// <summary>It is told to have failed, and comes to the journal long after, where it lands if nobody has taken its numbers.</summary>
    Late,

    /// <summary>It takes seconds.</summary>
    Slow,

    /// <summary>It comes to the journal twice, and who wrote is told what came of the second.</summary>
    Doubled,

    /// <summary>The next look at the end fails.</summary>
    Unreadable,
}

/// <summary>A journal of one coupon. It takes only the event that is next, or else its writer is told that it failed.</summary>
internal sealed class Journal
{
    private readonly World _world;
    private readonly List<object> _rows;

    /// <param name="created">Null if there is no coupon yet.</param>
    public Journal(World world, CouponCreated? created)
    {
        _world = world;
        _rows = created is null ? [] : [created];
        Facts = created is null ? [] : [created];
    }

    /// <summary>What befalls the next write that is begun.</summary>
    public Trouble Next { private get; set; }

    /// <summary>The next look at its end fails.</summary>
    public bool FailsNextLook { private get; set; }

    /// <summary>How many writers have taken over.</summary>
    public int Writers => _rows.Count(row => row is WriterFence { IsHandedOver: false });

    /// <summary>The facts, with the groups taken apart again.</summary>
    public List<CouponEvent> Facts { get; }

    /// <summary>Reads all of it, as it is a moment from now.</summary>
    public void Read(Process reader, Action<object[]> read) => _world.After(_world.Between(0.1, 10), () =>
    {
        object[] rows = [.. _rows];
        reader.Later(_world.Between(0.1, 10), () => read(rows));
    });

    /// <summary>Looks at the number of the last event.</summary>
    public void Look(Process reader, Action<long?> seen)
    {
        var fails = FailsNextLook;
        FailsNextLook = false;
        _world.After(_world.Between(0.1, 10), () =>
        {
            long? last = fails ? null : _rows.Count;
            reader.Later(_world.Between(0.1, _world.Chance(20) ? 1_500 : 10), () => seen(last));
        });
    }

    /// <summary>Writes <paramref name="events"/>, from number <paramref name="first"/> on.</summary>
    public void Write(Process writer, long first, object[] events, Action<bool> told)
    {
        var trouble = Next;
        Next = Trouble.None;
        if (trouble != Trouble.None)
            _world.Tell("journal", $"has trouble with event {first} of {writer.Name}: {trouble}");
        switch (trouble)
        {
            case Trouble.Lost:
                Answer(_world.Between(1, 1_500), false);
                break;
            case Trouble.LostSilently:
                break;
            case Trouble.LandsAndFails:
                Land(() => Answer(_world.Between(1, 1_500), false));
                break;
            case Trouble.LandsSilently:
                Land(() => { });
                break;
            case Trouble.Late:
                Answer(_world.Between(1, 500), false);
                _world.After(_world.Between(500, 4_000), () => Take(first, events, writer));
                break;
            case Trouble.Slow:
                _world.After(_world.Between(100, 1_900), () => Answer(_world.Between(0.1, 1_500), Take(first, events, writer)));
                break;
            case Trouble.Doubled:
                Land(() => Land(() => Answer(_world.Between(0.1, 10), false)));
                break;
            default:
                _world.After(_world.Between(0.1, 10), () => Answer(_world.Between(0.1, 10), Take(first, events, writer)));
                break;
        }

        void Answer(long ticks, bool taken) => writer.Later(ticks, () => told(taken));

        void Land(Action then) => _world.After(_world.Between(0.1, 10), () =>
        {
            Take(first, events, writer);
            then();
        });
    }

    private bool Take(long first, object[] events, Process writer)
    {
        if (first != _rows.Count + 1 && !_world.Has(Bug.JournalTakesANumberTwice))
        {
            _world.Tell("journal", $"refuses event {first} of {writer.Name}, for it ends with {_rows.Count}");
            return false;
        }

        _rows.AddRange(events);
        foreach (var row in events)
        {
            _world.Tell("journal", $"takes, from event {first} on, of {writer.Name}: {(row is CouponsIssued some ? string.Join(' ', some.Issues) : row)}");
            if (row is CouponsIssued issued)
                Facts.AddRange(issued.Issues.Select(issue => new CouponsIssued([issue])));
            else if (row is CouponEvent happened)
                Facts.Add(happened);
        }

        return true;
    }
}
