using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Logging.Abstractions;

namespace CouponAkka.Engine.Tests.Notifying;

/// <summary>Many follow what happens, and the numbers are read once for all who are not behind.</summary>
public sealed class NotificationFeedTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    [Trait("Promise", "17")]
    public async Task Everybody_hears_all_from_where_they_left_off_however_slow_and_those_who_keep_up_are_read_for_once()
    {
        var happened = new Happened();
        happened.Add(3_000);
        using var feed = new NotificationFeed(happened, TimeProvider.System, NullLogger<NotificationFeed>.Instance);
        using var slow = feed.Follow();
        using var stop = new CancellationTokenSource(Deadline);
        var slowAt = 0L;
        var readers = Enumerable.Range(0, 20).Select(reader => ReadAsync(from: 3_000 - reader)).ToList();
        for (var i = 0; i < 50; i++)
        {
            happened.Add(100);
            foreach (var line in await feed.NextAsync(slowAt, 7, stop.Token))
                Assert.Equal(++slowAt, line.N);
        }

        await Task.WhenAll(readers);
        // Each of the first pages of those who were behind, those of the slow one, and what was read for all: not one for each reader and page.
        Assert.True(happened.Reads < 20 + 50 + 250, $"Read {happened.Reads} times.");

        async Task ReadAsync(long from)
        {
            using var following = feed.Follow();
            while (from < 8_000)
            {
                foreach (var line in await feed.NextAsync(from, 500, stop.Token))
                    Assert.Equal(++from, line.N);
            }
        }
    }

    [Fact]
    public async Task Nobody_is_read_for_who_has_left()
    {
        var happened = new Happened();
        using var feed = new NotificationFeed(happened, TimeProvider.System, NullLogger<NotificationFeed>.Instance);
        using (feed.Follow())
        {
            happened.Add(1);
            Assert.Single(await feed.NextAsync(0, 10, default));
        }

        using var late = new CancellationTokenSource(Deadline);
        while (happened.Waiting > 0)
            await Task.Delay(5, late.Token);
        using (feed.Follow())
        {
            happened.Add(1);
            Assert.Equal([2L], (await feed.NextAsync(1, 10, default)).Select(line => line.N));
        }
    }

    private sealed class Happened : INotifications
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _last;
        private int _reads;
        private int _waiting;

        public int Reads => Volatile.Read(ref _reads);

        public int Waiting => Volatile.Read(ref _waiting);

        public void Add(int count)
        {
            lock (_gate)
            {
                _last += count;
                _more.SetResult();
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public ValueTask<IReadOnlyList<Notification>> ReadAsync(long after, int limit, CancellationToken cancel)
        {
            Interlocked.Increment(ref _reads);
            lock (_gate)
            {
                var count = (int)Math.Clamp(_last - after, 0, limit);
                return new([.. Enumerable.Range(1, count).Select(i => new Notification(after + i, NotificationLine.Of(default, "a.b", "/", "")))]);
            }
        }

        public ValueTask<long> LastAsync(CancellationToken cancel)
        {
            lock (_gate)
                return new(_last);
        }

        public async Task WaitAsync(long after, CancellationToken cancel)
        {
            Task more;
            lock (_gate)
            {
                if (_last > after)
                    return;
                more = _more.Task;
            }

            Interlocked.Increment(ref _waiting);
            try
            {
                await more.WaitAsync(cancel);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }
}
