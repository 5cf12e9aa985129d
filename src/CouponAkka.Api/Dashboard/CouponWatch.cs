using System.Collections.Concurrent;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Api.Dashboard;

/// <summary>What was seen at one look; what was not asked for, or has never answered, is not in it.</summary>
internal sealed class Look(IReadOnlyDictionary<long, CouponReply> coupons, HealthReport? health)
{
    private readonly TaskCompletionSource<Look> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyDictionary<long, CouponReply> Coupons => coupons;

    public HealthReport? Health => health;

    /// <summary>The look that follows; fails when there is none any more.</summary>
    public Task<Look> Next => _next.Task;

    public void FollowedBy(Look next) => _next.SetResult(next);

    public void WasTheLast(Exception why) => _next.SetException(why);
}

/// <summary>
/// Looks once a second how coupons stand and whether the process is well: once for all who watch, and only while somebody does. Who is slow to answer
/// is not asked again meanwhile, and holds up nobody else's answer.
/// </summary>
internal sealed class CouponWatch(ICoupons coupons, HealthCheckService health, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly List<Watcher> _watchers = [];
    private Look _latest = Nothing();
    private TaskCompletionSource _joined = new();
    private bool _looking;

    /// <summary>Watches these coupons until it is disposed of. The first look that has all of them follows at once.</summary>
    public Watcher Watch(IReadOnlyCollection<long> couponIds)
    {
        lock (_lock)
        {
            if (_looking)
            {
                _joined.TrySetResult();
            }
            else
            {
                // What was seen before nobody watched is old.
                _latest = Nothing();
                _looking = true;
                _ = Task.Run(LookAsync);
            }

            var watcher = new Watcher(this, couponIds, _latest);
            _watchers.Add(watcher);
            return watcher;
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var polls = new ConcurrentDictionary<long, Poll<CouponReply>>();
            var well = new Poll<HealthReport>(() => health.CheckHealthAsync(check => check.Tags.Contains(HealthTags.Ready)));
            var tick = Task.CompletedTask;
            while (Watched(out var joined) is { } ids)
            {
                foreach (var gone in polls.Keys.Except(ids))
                    polls.TryRemove(gone, out _);
                // Between two ticks only who came meanwhile is asked.
                var all = tick.IsCompleted;
                if (all)
                    tick = Task.Delay(Period, time);
                var asked = ids.Select(id => polls.GetOrAdd(id, id => new(() => coupons.AskAsync(id, GetStatus.Instance).AsTask())))
                    .Where(poll => all || poll.Latest is null).Select(poll => poll.Ask())
                    .Append(all ? well.Ask() : Task.CompletedTask).ToList();
                await Task.WhenAny(Task.WhenAll(asked), Task.Delay(Patience, time));

                Publish(new Look(
                    polls.Where(poll => poll.Value.Take() is not null).ToDictionary(poll => poll.Key, poll => poll.Value.Latest!), well.Take()));
                await Task.WhenAny(tick, joined);
            }
        }
        catch (Exception bug)
        {
            // Each stream ends with it, and so comes to the log; the next one starts anew.
            Fail(bug);
        }
    }

    /// <summary>Whom to ask; null if nobody watches any more, and then this look was the last.</summary>
    private HashSet<long>? Watched(out Task joined)
    {
        lock (_lock)
        {
            _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
            joined = _joined.Task;
            _looking = _watchers.Count > 0;
            return _looking ? [.. _watchers.SelectMany(watcher => watcher.CouponIds)] : null;
        }
    }

    private void Publish(Look look)
    {
        lock (_lock)
        {
            _latest.FollowedBy(look);
            _latest = look;
        }
    }

    private void Fail(Exception bug)
    {
        lock (_lock)
        {
            _looking = false;
            _latest.WasTheLast(bug);
        }
    }

    private static Look Nothing() => new(new Dictionary<long, CouponReply>(), null);

    private void Leave(Watcher watcher)
    {
        lock (_lock)
            _watchers.Remove(watcher);
    }

    /// <summary>Somebody who watches.</summary>
    internal sealed class Watcher(CouponWatch watch, IReadOnlyCollection<long> couponIds, Look latest) : IDisposable
    {
        public IReadOnlyCollection<long> CouponIds => couponIds;

        /// <summary>What was seen last when the watch began.</summary>
        public Look Latest => latest;

        public void Dispose() => watch.Leave(this);
    }

    /// <summary>A question that is asked again and again, never twice at once, and its latest answer.</summary>
    private sealed class Poll<T>(Func<Task<T>> ask)
        where T : class
    {
        private Task<T>? _asked;

        public T? Latest { get; private set; }

        public Task Ask() => _asked ??= ask();

        public T? Take()
        {
            if (_asked is { IsCompleted: true })
            {
                Latest = _asked.GetAwaiter().GetResult();
                _asked = null;
            }

            return Latest;
        }
    }
}
