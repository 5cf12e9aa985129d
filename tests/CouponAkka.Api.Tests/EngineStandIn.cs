using System.Collections.Concurrent;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Vendors;
using Microsoft.Extensions.DependencyInjection;

namespace CouponAkka.Api.Tests;

/// <summary>
/// Credits vendors, and lists them and their payouts, in place of an engine that has no <see cref="IEntityLists"/> and no reactions. Where the engine has
/// them it is not there, and with that in every engine this file can go.
/// </summary>
internal sealed class EngineStandIn : IEntities, IEntityLists, IDisposable
{
    private readonly ConcurrentDictionary<long, bool> _vendors = [];
    private readonly ConcurrentQueue<ListLine> _payouts = [];
    private readonly SemaphoreSlim _oneByOne = new(1);
    private long _uses;
    private IEntities _engine = null!;

    public static void AddTo(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(IEntityLists)))
            return;
        var standIn = new EngineStandIn();
        CouponService.Wrap(services, engine =>
        {
            standIn._engine = engine;
            return standIn;
        });
        services.AddSingleton<IEntityLists>(standIn);
    }

    public async ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
    {
        var reply = await _engine.AskAsync(kind, id, command);
        if (reply is VendorSaved)
            _vendors[id] = true;
        if (reply is Used { Issue: var issue } && await _engine.AskAsync(id, GetCoupon.Instance) is CouponFound { Coupon.Policy: var policy })
            await CreditAsync(new CouponUsed(issue.UserId, issue.Ticket, null, policy.DiscountAmount, policy.VendorId, issue.DateUsed!.Value), id);
        return reply;
    }

    public void Dispose() => _oneByOne.Dispose();

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    public async ValueTask<IReadOnlyList<string>> ListAsync(EntityKind kind, long afterId, int limit, CancellationToken cancel)
    {
        var documents = new List<string>();
        foreach (var id in _vendors.Keys.Where(id => id > afterId).Order().Take(limit))
        {
            if (await _engine.AskAsync(id, GetVendor.Instance) is not VendorFound { Vendor: var vendor })
                continue;
            var document = VendorKind.Instance.ViewOf(id, null);
            document.Apply(new VendorNamed(vendor.Name, vendor.Balance, vendor.CouponsUsed, vendor.DateCreated));
            document.Apply(new VendorNamed(vendor.Name, vendor.Balance, vendor.CouponsUsed, vendor.DateUpdated));
            documents.Add(document.ToJson()!);
        }

        return documents;
    }

    public ValueTask<IReadOnlyList<ListLine>> ListOldestFirstAsync(string list, long owner, long after, int limit, CancellationToken cancel) =>
        new([.. LinesOf(list, owner).Where(line => line.Position > after).Take(limit)]);

    public ValueTask<IReadOnlyList<ListLine>> ListNewestFirstAsync(string list, long owner, long before, int limit, CancellationToken cancel) =>
        new([.. LinesOf(list, owner).Where(line => line.Position < before).Reverse().Take(limit)]);

    private IEnumerable<ListLine> LinesOf(string list, long owner) => _payouts.Where(line => line.List == list && line.Owner == owner);

    private async Task CreditAsync(CouponUsed used, long couponId)
    {
        await _oneByOne.WaitAsync();
        try
        {
            var cause = new Cause(CouponKind.Instance.Name, couponId, ++_uses);
            if (VendorReactions.On(cause, used, Terms.Default) is not { Command: CreditVendor credit } ask)
                return;
            Assert.Equal(Credited.Instance, await _engine.AskAsync(ask.Id, credit));
            var document = VendorKind.Instance.ViewOf(ask.Id, null);
            document.Apply(new VendorCredited(
                cause, LinesOf(VendorDocument.Payouts, ask.Id).Count() + 1, couponId, used.UserId, used.Ticket, null, credit.Amount, used.DateUsed));
            _payouts.Enqueue(document.Lines[0]);
        }
        finally
        {
            _oneByOne.Release();
        }
    }
}
