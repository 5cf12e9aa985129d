using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Tests.Counters;
using static CouponAkka.Engine.Tests.Reacting.ReactionWorld;

namespace CouponAkka.Engine.Tests.Reacting;

public sealed class ReactionRunnerTests : IAsyncDisposable
{
    private static readonly Event Nothing = new IssuingStopped(new Timestamp(1));

    private readonly ReactionWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_events_of_a_source_ask_is_delivered_in_their_order_also_when_asks_fail()
    {
        var asked = new HashSet<Command>();
        // Each ask fails once in one of the two ways: nobody can know whether it was taken.
        _world.Fault = (_, command) => !Unseen(asked, command) ? null
            : command is CountUse { Cause.Number: 2 } ? CounterReply.OutcomeUnknown : CounterReply.Unavailable;
        _world.Happen((Coupon(7), Used(1)), (Coupon(8), Used(1)), (Coupon(7), Used(2)), (Coupon(7), Nothing), (Coupon(7), Used(4)));

        _world.Start();
        await _world.AnsweredAsync(Told(7, 1), Told(7, 2), Told(7, 4), Told(8, 1));
        await _world.StopAsync();

        Assert.Equal([Told(7, 1), Told(7, 2), Told(7, 4)], NumbersOf(7));
        Assert.Equal(1, _world.Saved.Position);
        Assert.Equal([new(Coupon(7), 4, null), new(Coupon(8), 1, null)], _world.Saved.Progress.OrderBy(progress => progress.Key.Id));
    }

    [Fact]
    public async Task A_source_that_was_put_away_for_others_goes_on_where_it_was()
    {
        const int sources = ReactionRun.EnoughLanes + 100;
        _world.Start();
        for (var number = 1; number <= 3; number++)
        {
            _world.Happen([.. Enumerable.Range(1, sources).Select(id => (Coupon(id), Used(number)))]);
            await _world.HoldsAsync(() => _world.Saved.Progress.Count(progress => progress.Number == number) == sources);
        }

        // None is read again from its first event, and none is told a second time.
        Assert.Equal(3 * sources, _world.Asked);
        Assert.Equal([Told(7, 1), Told(7, 2), Told(7, 3)], NumbersOf(7));
    }

    [Fact]
    public async Task An_event_that_skips_a_number_makes_the_missing_ones_be_read_first_and_what_comes_twice_is_ignored()
    {
        foreach (var user in Enumerable.Range(1, 9))
            _world.Write(Coupon(7), Used(user));
        _world.Announce((Coupon(7), 1), (Coupon(7), 2), (Coupon(7), 1));
        _world.Announce((Coupon(7), 8), (Coupon(7), 3), (Coupon(7), 9), (Coupon(7), 8));

        _world.Start();
        await _world.AnsweredAsync([.. Enumerable.Range(1, 9).Select(number => Told(7, number))]);
        await _world.StopAsync();

        Assert.Equal(Enumerable.Range(1, 9).Select(number => Told(7, number)), _world.AnswersOf());
        Assert.Equal(2, _world.Saved.Position);
    }

    [Fact]
    public async Task What_is_announced_before_it_can_be_read_is_waited_for_and_named_when_that_lasts()
    {
        _world.Announce((Coupon(7), 2));
        _world.Happen((Coupon(8), Used(1)));

        _world.Start();
        await _world.AnsweredAsync(Told(8, 1));
        await _world.HoldsAsync(() => _world.Status.Trouble?.Contains("told of event 2 of coupon 7", StringComparison.Ordinal) == true);
        _world.Write(Coupon(7), Used(1));
        _world.Write(Coupon(7), Used(2));
        await _world.AnsweredAsync(Told(7, 1), Told(7, 2));

        await _world.HoldsAsync(() => _world.Status.Trouble is null);
    }

    [Fact]
    public async Task A_target_that_can_not_be_reached_stalls_its_source_and_no_other_and_it_goes_on_when_it_is_back()
    {
        var isBack = false;
        _world.Fault = (of, _) => of == Counter(4) && !Volatile.Read(ref isBack) ? CounterReply.Unavailable : null;
        _world.Happen((Coupon(7), Used(1, vendorId: 4)), (Coupon(7), Used(2)), (Coupon(8), Used(1)));

        _world.Start();
        await _world.HoldsAsync(() => _world.Status.Stalled.ContainsKey(Coupon(7)));
        _world.Happen((Coupon(8), Used(2)), (Coupon(7), Used(3)));
        await _world.AnsweredAsync(Told(8, 1), Told(8, 2));
        // Reading does not wait for it, and what it has passed by is named.
        await _world.HoldsAsync(
            () => _world.Saved is { Position: 2 } saved && saved.Progress.Any(progress => progress is { Number: 0, StalledBecause: not null }));
        Assert.Equal(0, _world.Status.Waiting);
        Assert.Contains("from coupon 7. counter 4 can't be reached", _world.Status.Trouble, StringComparison.Ordinal);
        Assert.Contains("Critical: What follows from events of coupon 7 after event 0 is stalled", _world.Log, StringComparison.Ordinal);
        // Whoever else is asked need not wait for it, and is asked again when it is back.
        Assert.DoesNotContain(Told(7, 1, vendorId: 4), NumbersOf(7));

        Volatile.Write(ref isBack, true);
        await _world.AnsweredAsync(Told(7, 1, vendorId: 4), Told(7, 2), Told(7, 3));
        await _world.HoldsAsync(() => _world.Status.Trouble is null);

        Assert.Equal([Told(7, 2), Told(7, 3)], NumbersOf(7).Where(told => told != Told(7, 1, vendorId: 4)).Distinct());
        await _world.HoldsAsync(() => _world.Saved.Progress.Any(progress => progress == new SourceProgress(Coupon(7), 3, null)));
    }

    [Fact]
    public async Task Different_targets_of_one_source_do_not_wait_for_one_another_and_each_is_asked_in_order()
    {
        _world.Fault = (of, _) => of == Counter(4) && NumbersOf(7).Count < 3 ? CounterReply.Unavailable : null;
        _world.Happen((Coupon(7), Used(1, vendorId: 4)), (Coupon(7), Used(2)), (Coupon(7), Used(3)), (Coupon(7), Used(4, vendorId: 4)), (Coupon(7), Used(5)));

        _world.Start();

        await _world.AnsweredAsync(
            Told(7, 1, vendorId: 4), Told(7, 2), Told(7, 3), Told(7, 4, vendorId: 4), Told(7, 5));
        Assert.Null(_world.Status.Trouble);
        Assert.Equal([Told(7, 2), Told(7, 3), Told(7, 5)], NumbersOf(7).Where(told => told.Of == Counter(3)));
        Assert.Equal([Told(7, 1, vendorId: 4), Told(7, 4, vendorId: 4)], NumbersOf(7).Where(told => told.Of == Counter(4)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_source_that_is_stalled_is_tried_again_after_a_stop_and_after_a_crash(bool crash)
    {
        _world.Fault = (of, _) => of == Counter(4) ? CounterReply.Unavailable : null;
        _world.Happen((Coupon(7), Used(1, vendorId: 4)), (Coupon(7), Used(2)));
        _world.Start();
        await _world.HoldsAsync(() => _world.Saved.Position == 1);
        await (crash ? _world.KillAsync() : _world.StopAsync());

        _world.Fault = (_, _) => null;
        _world.Start();

        await _world.AnsweredAsync(Told(7, 1, vendorId: 4), Told(7, 2));
        Assert.Null(_world.Status.Trouble);
    }

    [Theory]
    [InlineData("unreadable")]
    [InlineData("can't be asked")]
    public async Task An_event_that_can_not_be_read_or_delivered_stalls_its_source_alone_and_all_before_it_is_delivered(string what)
    {
        if (what == "unreadable")
            _world.Unreadable = (key, number) => key == Coupon(7) && number == 2 ? new InvalidDataException("It is unreadable.") : null;
        else
            _world.Fault = (_, command) => command.Equals(Told(7, 2).Command) ? throw new InvalidDataException("It can't be asked.") : null;
        _world.Happen((Coupon(7), Used(1)), (Coupon(7), Used(2)), (Coupon(7), Used(3)), (Coupon(8), Used(1)));

        _world.Start();
        await _world.AnsweredAsync(Told(7, 1), Told(8, 1));
        await _world.HoldsAsync(() => _world.Status.Trouble?.Contains(what, StringComparison.Ordinal) == true);
        Assert.Equal([Told(7, 1)], NumbersOf(7));
        Assert.DoesNotContain("are not delivered", _world.Log, StringComparison.Ordinal);

        _world.Unreadable = (_, _) => null;
        _world.Fault = (_, _) => null;
        await _world.AnsweredAsync(Told(7, 2), Told(7, 3));
        Assert.Equal([Told(7, 1), Told(7, 2), Told(7, 3)], NumbersOf(7));
    }

    [Fact]
    public async Task A_save_that_is_cut_off_by_the_stop_is_made_up_for()
    {
        // The position moves on over a stalled source; then the save that would say so fails, and the process stops.
        _world.Fault = (of, _) => of == Counter(4) ? CounterReply.Unavailable : null;
        _world.Start();
        await _world.HoldsAsync(() => _world.Status.Failure is null);
        using var saving = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var saves = 0;
        _world.BeforeSave = () =>
        {
            if (!_world.Status.Stalled.ContainsKey(Coupon(7)) || Interlocked.Increment(ref saves) > 1)
                return;
            saving.Release();
            goOn.Wait();
            throw new OperationCanceledException("The stop has cut it off.");
        };
        _world.Happen((Coupon(7), Used(1, vendorId: 4)));
        await saving.WaitAsync();
        var stopping = _world.StopAsync();
        goOn.Release();
        await stopping;

        var saved = _world.Saved;
        Assert.True(
            saved.Position == 0 || saved.Progress.Any(progress => progress.Key == Coupon(7) && progress.StalledBecause is not null), $"{saved.Position}");
    }

    [Theory]
    [InlineData("store")]
    [InlineData("journal")]
    public async Task When_the_store_or_the_journal_fails_it_begins_anew_and_says_so_once_until_it_is_over(string what)
    {
        var fails = true;
        if (what == "store")
            _world.BeforeSave = Fail;
        else
            _world.BeforeRead = Fail;
        if (what == "store")
            _world.Happen((Coupon(7), Used(1)));

        _world.Start();
        await _world.HoldsAsync(() => _world.Status.Trouble?.Contains("It fails.", StringComparison.Ordinal) == true);
        var asked = _world.Asked;
        await _world.HoldsAsync(() => what == "journal" || _world.Asked > asked + 1);
        Volatile.Write(ref fails, false);

        // Also if nothing happens.
        await _world.HoldsAsync(() => _world.Status.Trouble is null);
        _world.Happen((Coupon(7), Used(2)));
        await _world.AnsweredAsync(Told(7, what == "store" ? 2 : 1));
        Assert.Single(_world.Log.Split('\n'), line => line.StartsWith("Error: Reactions are not delivered", StringComparison.Ordinal));

        void Fail()
        {
            if (Volatile.Read(ref fails))
                throw new IOException("It fails.");
        }
    }

    [Fact]
    public async Task It_stops_although_an_entity_does_not_answer()
    {
        using var never = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        _world.Fault = (_, _) =>
        {
            asked.Release();
            never.Wait();
            return null;
        };
        _world.Happen((Coupon(7), Used(1)), (Counter(3), new Wound(new Timestamp(1))));
        _world.Start();
        await asked.WaitAsync();

        await _world.StopAsync();

        never.Release(10);
        Assert.DoesNotContain(_world.Saved.Progress, progress => progress.Key == Coupon(7) && progress.Number > 0);
    }

    [Fact]
    public async Task Who_is_due_is_asked_and_again_until_an_event_changes_it_also_after_a_crash()
    {
        var now = Timestamp.From(_world.Clock.GetUtcNow());
        _world.Happen(
            (Counter(1), new Wound(now.Plus(TimeSpan.FromSeconds(2)))),
            (Counter(2), new Wound(now.Plus(TimeSpan.FromDays(3)))),
            (Counter(3), new Wound(now.Plus(TimeSpan.FromSeconds(3)))), (Counter(3), new Counted(1)));
        _world.Start();
        await _world.HoldsAsync(() => RingsOf(1) >= 2);
        Assert.True(Timestamp.From(_world.Clock.GetUtcNow()) > now.Plus(TimeSpan.FromSeconds(2)));
        await _world.HoldsAsync(() => _world.Saved is { Position: 1, Due.Count: >= 2 });
        await _world.KillAsync();
        var before = RingsOf(1);

        _world.Start();
        await _world.HoldsAsync(() => RingsOf(1) > before);
        _world.Happen((Counter(1), new Rang()));
        await _world.HoldsAsync(() => _world.Saved.Due.Any(due => due == new EntityDue(Counter(1), null)));

        var atLast = RingsOf(1);
        // An hour is enough for whoever would be asked again.
        _world.Happen((Counter(4), new Wound(Timestamp.From(_world.Clock.GetUtcNow()).Plus(TimeSpan.FromMinutes(2)))));
        await _world.HoldsAsync(() => RingsOf(4) > 0);
        Assert.InRange(RingsOf(1), atLast, atLast + 1);
        Assert.Equal(0, RingsOf(2));
        Assert.Equal(0, RingsOf(3));
    }

    [Fact]
    public async Task Who_can_not_be_asked_when_due_keeps_no_other_from_being_asked()
    {
        _world.Fault = (of, _) => of == Counter(1) ? throw new InvalidDataException("It can't be asked.") : null;
        _world.Happen((Counter(1), new Wound(new Timestamp(1))), (Counter(2), new Wound(new Timestamp(2))));

        _world.Start();
        await _world.HoldsAsync(() => RingsOf(2) > 0);

        await _world.HoldsAsync(() => _world.Log.Contains("counter 1 can't be told that its time has passed", StringComparison.Ordinal));
        Assert.Null(_world.Status.Failure);
    }

    private int RingsOf(long id) => _world.AnswersOf().Count(answered => answered == (Counter(id), new Ring()));

    private List<(EntityKey Of, Command Command)> NumbersOf(long couponId) =>
        [.. _world.AnswersOf().Where(answered => answered.Command is CountUse { Cause: var cause } && cause.Id == couponId)];

    private static bool Unseen(HashSet<Command> seen, Command command)
    {
        lock (seen)
            return seen.Add(command);
    }
}
