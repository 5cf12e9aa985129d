using CouponAkka.Engine;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Journal;

public sealed class OrderingReaderTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();
    private readonly PausesAreTold _time = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_read_that_has_seen_the_end_is_followed_by_a_rest_and_a_full_one_by_the_next_at_once()
    {
        var full = Enumerable.Range(1, 500).Select(number => Row(7, number, number == 1 ? Created() : null));
        await _test.Database.AppendAsync([.. full]);
        await _test.Database.AppendAsync(8, 1, Created());
        var reader = new OrderingReader(_test.Database, EntityKinds.All, connection => connection.GetTable<JournalRow>(), 0, _time);

        Assert.Equal(500, (await reader.ReadAsync(default)).Count);
        Assert.Equal(8, Assert.Single(await reader.ReadAsync(default)).Key.Id);
        Assert.Empty(_time.Pauses);

        await _test.Database.AppendAsync(8, 2, Issued(1, 101));
        Assert.Equal(2, Assert.Single(await reader.ReadAsync(default)).SequenceNumber);
        Assert.InRange(Assert.Single(_time.Pauses), TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(60));
    }

    /// <summary>A clock on which nobody need wait.</summary>
    private sealed class PausesAreTold : TimeProvider
    {
        private long _passed;

        public List<TimeSpan> Pauses { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _passed);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pauses.Add(dueTime);
            Interlocked.Add(ref _passed, dueTime.Ticks);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
