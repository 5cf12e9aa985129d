using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Tests.Counters;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Tests.Reacting;

/// <summary>A journal, a store and entities in memory, which outlast every run of the reactions between them.</summary>
internal sealed class ReactionWorld : IReactionJournal, IReactionStore, IEntities, ILogger<ReactionRunner>, IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<EntityKey, List<Event>> _events = [];
    private readonly List<IReadOnlyList<(EntityKey Key, long Number)>> _batches = [];
    private readonly Dictionary<EntityKey, SourceProgress> _progress = [];
    private readonly Dictionary<EntityKey, EntityDue> _due = [];
    private readonly ConcurrentQueue<string> _log = new();
    private long _position;
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public FastTime Clock { get; } = new();

    public ReactionStatus Status { get; private set; } = new();

    /// <summary>Every ask that was answered, in their order.</summary>
    public List<(EntityKey Of, Command Command)> Answered { get; } = [];

    /// <summary>How often entities were asked.</summary>
    public int Asked { get; private set; }

    /// <summary>What comes of an ask: null for an answer.</summary>
    public Func<EntityKey, Command, Reply?> Fault { get; set; } = (_, _) => null;

    /// <summary>What is wrong with an event.</summary>
    public Func<EntityKey, long, Exception?> Unreadable { get; set; } = (_, _) => null;

    /// <summary>What goes wrong when the store saves.</summary>
    public Action BeforeSave { get; set; } = () => { };

    /// <summary>What goes wrong when the journal is read.</summary>
    public Action BeforeRead { get; set; } = () => { };

    public ReactionState Saved
    {
        get
        {
            lock (_gate)
                return new(_position, [.. _progress.Values], [.. _due.Values]);
        }
    }

    public string Log => string.Join('\n', _log);

    public static EntityKey Coupon(long id) => new(CouponKind.Instance, id);

    public static EntityKey Counter(long id) => new(CounterKind.Instance, id);

    public static Event Used(long userId, long vendorId = 3) => new CouponUsed(userId, userId, null, 1_000, vendorId, new Timestamp(userId));

    /// <summary>A use that a counter is told of.</summary>
    public static (EntityKey Of, Command Command) Told(long couponId, long number, long vendorId = 3) =>
        (Counter(vendorId), new CountUse(new Cause("coupon", couponId, number)));

    /// <summary>Events happen, and are read together, in this order.</summary>
    public void Happen(params (EntityKey Key, Event Happened)[] events) => Announce([.. events.Select(happened => Write(happened.Key, happened.Happened))]);

    /// <summary>An event stands in the journal, and nobody is told.</summary>
    public (EntityKey Key, long Number) Write(EntityKey key, Event happened)
    {
        lock (_gate)
        {
            if (!_events.TryGetValue(key, out var events))
                _events[key] = events = [];
            events.Add(happened);
            return (key, events.Count);
        }
    }

    /// <summary>These are read together, in this order, whatever stands in the journal.</summary>
    public void Announce(params (EntityKey Key, long Number)[] numbers)
    {
        lock (_gate)
            _batches.Add(numbers);
    }

    public void Start()
    {
        _stop = new();
        Status = new();
        _running = new ReactionRunner(this, this, this, new ReactionTable(CounterKind.WithCounters, Terms.Default, []), Status, Clock, this)
            .RunAsync(_stop.Token);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Deadline);
    }

    /// <summary>Ends what runs as a crash does: nothing more is saved.</summary>
    public async Task KillAsync()
    {
        BeforeSave = () => throw new IOException("The process is dead.");
        await StopAsync();
        BeforeSave = () => { };
    }

    /// <summary>Waits until all asks that are to come of these have been answered.</summary>
    public Task AnsweredAsync(params (EntityKey Of, Command Command)[] asks) =>
        HoldsAsync(() => asks.All(AnswersOf().Contains), () => $"Answered: {string.Join(", ", AnswersOf())}");

    public async Task HoldsAsync(Func<bool> condition, Func<string>? found = null)
    {
        for (var waited = Stopwatch.StartNew(); !condition(); await Task.Delay(1))
            Assert.True(waited.Elapsed < Deadline, $"{found?.Invoke()}\n{Status.Trouble}\n{Log}");
    }

    public List<(EntityKey Of, Command Command)> AnswersOf()
    {
        lock (_gate)
            return [.. Answered];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    async IAsyncEnumerable<ReactionBatch> IReactionJournal.ReadAsync(long position, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            BeforeRead();
            IReadOnlyList<(EntityKey Key, long Number)>? next;
            lock (_gate)
                next = _batches.ElementAtOrDefault((int)position);
            if (next is not null)
                yield return new ReactionBatch([.. next.Select(number => Entry(number.Key, number.Number))], ++position);
            else
                await Task.Delay(TimeSpan.FromMilliseconds(1), cancel);
        }
    }

    Task<IReadOnlyList<JournalEntry>> IReactionJournal.ReadEntityAsync(EntityKey key, long number, CancellationToken cancel)
    {
        BeforeRead();
        int count;
        lock (_gate)
            count = _events.GetValueOrDefault(key)?.Count ?? 0;
        // In pages of three.
        return Task.FromResult<IReadOnlyList<JournalEntry>>([.. Range(number + 1, Math.Min(count, number + 3)).Select(next => Entry(key, next))]);
    }

    Task<ReactionState> IReactionStore.LoadAsync(CancellationToken cancel) => Task.FromResult(Saved);

    Task IReactionStore.SaveAsync(ReactionState changes, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        BeforeSave();
        lock (_gate)
        {
            _position = changes.Position;
            foreach (var progress in changes.Progress)
                _progress[progress.Key] = progress;
            foreach (var due in changes.Due)
                _due[due.Key] = due;
        }

        return Task.CompletedTask;
    }

    async ValueTask<Reply> IEntities.AskAsync(EntityKind kind, long id, Command command)
    {
        var key = new EntityKey(kind, id);
        lock (_gate)
            Asked++;
        await Task.Yield();
        if (Fault(key, command) is { } fault)
            return fault;
        lock (_gate)
            Answered.Add((key, command));
        return CounterReply.Is(1);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue($"{logLevel}: {formatter(state, exception)} {exception?.Message}");

    private JournalEntry Entry(EntityKey key, long number)
    {
        Event? happened;
        lock (_gate)
            happened = _events.GetValueOrDefault(key)?.ElementAtOrDefault((int)number - 1);
        return Unreadable(key, number) is { } unreadable
            ? new(key, number, null, unreadable)
            : new(key, number, happened is CouponUsed or CounterEvent ? happened : null);
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var number = from; number <= to; number++)
            yield return number;
    }
}
