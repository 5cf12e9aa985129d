using System.Diagnostics;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Telemetry;

namespace CouponAkka.Engine.Tests;

/// <summary>One write, for which many wait who are traced.</summary>
public sealed class WriteSpanTests : IDisposable
{
    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public WriteSpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == CouponTraces.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            // Other tests of this process write too.
            ActivityStopped = span =>
            {
                if (span.GetTagItem("couponakka.coupon.id") is 4711L)
                    _ended.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void It_is_a_child_of_the_first_and_linked_to_the_others()
    {
        var waiting = new TracesWaiting();
        waiting.Add(Trace(1));
        waiting.Add([Trace(2), Trace(3)]);
        var write = new WriteSpan(new EntityKey(CouponKind.Instance, 4711));

        var trace = write.Begin(waiting.Take());
        write.End(durable: true);

        var span = Assert.Single(_ended);
        Assert.Equal(trace, span.Id);
        Assert.Equal(Trace(1), span.ParentId);
        Assert.Equal([Trace(2), Trace(3)], span.Links.Select(link => $"00-{link.Context.TraceId}-{link.Context.SpanId}-01"));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public void A_write_that_failed_says_so_and_the_next_has_a_span_of_its_own()
    {
        var write = new WriteSpan(new EntityKey(CouponKind.Instance, 4711));

        write.Begin([Trace(1)]);
        write.End(durable: false);
        Assert.Null(write.Begin([]));
        write.End(durable: true);

        Assert.Equal(ActivityStatusCode.Error, Assert.Single(_ended).Status);
    }

    [Fact]
    public void Whoever_begins_it_does_not_go_on_inside_it()
    {
        using var around = new Activity("around").Start();

        var write = new WriteSpan(new EntityKey(CouponKind.Instance, 4711));
        write.Begin([Trace(1)]);
        Assert.Same(around, Activity.Current);
        write.End(durable: true);
    }

    [Fact]
    public void What_is_no_trace_is_passed_over()
    {
        var write = new WriteSpan(new EntityKey(CouponKind.Instance, 4711));

        Assert.Null(write.Begin(["", "nonsense", "00-00000000000000000000000000000000-0000000000000000-01"]));
        Assert.NotNull(write.Begin(["nonsense", Trace(1)]));
        write.End(durable: true);
        CouponTraces.Projected("nonsense", 4711, DateTimeOffset.UtcNow);

        Assert.Equal(Trace(1), Assert.Single(_ended).ParentId);
    }

    private static string Trace(int number) => $"00-{number:x32}-{number:x16}-01";
}
