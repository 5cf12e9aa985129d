using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Telemetry;

/// <summary>Counts what those who ask to be issued a unit, or to use one, are told, and how many wait for it.</summary>
public sealed class MeteredEntities : IEntities
{
    private readonly IEntities _entities;
    private long _waiting;

    public MeteredEntities(IEntities entities)
    {
        _entities = entities;
        CouponMeter.ObserveWaiting(() => Interlocked.Read(ref _waiting));
    }

    public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
    {
        var asked = _entities.AskAsync(kind, id, command);
        if (!CouponMeter.CountsAnswers || command is not (IssueCoupon or UseCoupon))
            return asked;
        if (!asked.IsCompletedSuccessfully)
            return WaitAsync(asked);
        var reply = asked.Result;
        CouponMeter.Answered(reply);
        return new(reply);
    }

    private async ValueTask<Reply> WaitAsync(ValueTask<Reply> asked)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var reply = await asked;
            CouponMeter.Answered(reply);
            return reply;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
