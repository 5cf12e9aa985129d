using System.Globalization;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Vendors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Vendors;

/// <summary>Vendors: named by administrators, paid for the coupons that people use.</summary>
internal sealed class VendorEndpoints(IEntities vendors, IEntityLists lists, CouponIds ids)
{
    private static readonly Timestamp Start = Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly VendorJson ExampleVendor = new(1, "Half a chicken", 100, 1, Start, Start);
    private static readonly PayoutJson ExamplePayout = new(CouponId: 1, UserId: 7, Ticket: 42, OrderId: null, Amount: 100, Start);

    public void Map(IEndpointRouteBuilder routes)
    {
        var json = VendorJsonContext.Default;
        routes.MapPut("/vendors/{vendorId}", Put).RequireAdmin()
            .Describe("PutVendor", "Name a vendor, or rename it. What it was paid for before it had a name counts.")
            .Takes("""{"name":"Half a chicken"}""")
            .Answers(201, json.VendorJson, ExampleVendor).Answers(200, json.VendorJson, ExampleVendor).Refuses(400, 413, 415, 429, 503);
        routes.MapPost("/vendors/random", PutRandom).RequireAdmin()
            .Describe("CreateRandomVendor", "A vendor to try things with: the server picks its id and its name.")
            .Answers(201, json.VendorJson, ExampleVendor with { Balance = 0, CouponsUsed = 0 }).Refuses(429, 503);
        routes.MapGet("/vendors", List)
            .Describe("ListVendors", "Vendors by id, from the read model: it waits up to a second for what was answered before.")
            .Answers(200, json.ListJsonVendorJsonNullableInt64, new([ExampleVendor], null)).Refuses(400, 429, 503);
        routes.MapGet("/vendors/{vendorId}", Find)
            .Describe("GetVendor", "A vendor, from the vendor itself. A coupon that is used is paid for soon after, not at once.")
            .Answers(200, json.VendorJson, ExampleVendor).Refuses(400, 404, 429, 503);
        routes.MapGet("/vendors/{vendorId}/payouts", ListPayouts).Needs(Access.Reader)
            .Describe("ListPayouts", "What a vendor was paid, oldest first, from the read model: one payout for each unit used; the balance is their sum.")
            .Answers(200, json.ListJsonPayoutJsonNullableInt64, new([ExamplePayout], null)).Refuses(400, 404, 429, 503);
    }

    private async Task<IResult> Put(EntityId vendorId, JsonBody<VendorRequest> body) =>
        (await vendors.AskAsync(vendorId.Value, new PutVendor(body.Value.Name!))).ToResult();

    private async Task<IResult> PutRandom()
    {
        for (var i = 0; i < CouponIds.MostTried; i++)
        {
            var id = ids.Next();
            // Asked first: to put a name to one that is taken would rename it.
            if (await vendors.AskAsync(id, GetVendor.Instance) is not VendorFound)
                return (await vendors.AskAsync(id, new PutVendor(string.Create(CultureInfo.InvariantCulture, $"Vendor {id}")))).ToResult();
        }

        return VendorReply.Unavailable.ToResult();
    }

    private async Task<IResult> Find(EntityId vendorId) => (await vendors.AskAsync(vendorId.Value, GetVendor.Instance)).ToResult();

    private async Task<IResult> List(Page<PageOf200> page, CancellationToken cancel)
    {
        var after = page.AfterNumber;
        await lists.WaitUntilCaughtUpAsync(cancel);
        var documents = await lists.ListAsync(VendorKind.Instance, after, page.Limit + 1, cancel);
        var (items, last) = page.Split([.. documents.Select(vendor => VendorJson.From(VendorDocument.ReadVendor(vendor)))]);
        return new JsonResult<ListJson<VendorJson, long?>>(new(items, last?.VendorId), VendorJsonContext.Default.ListJsonVendorJsonNullableInt64);
    }

    private async Task<IResult> ListPayouts(EntityId vendorId, Page<PageOf1000> page, CancellationToken cancel)
    {
        var after = page.AfterNumber;
        // A vendor that has no name yet may have payouts already, and is for nobody to see until then.
        if (await vendors.AskAsync(vendorId.Value, GetVendor.Instance) is VendorRefused refused)
            return refused.ToResult();
        await lists.WaitUntilCaughtUpAsync(cancel);
        var lines = await lists.ListOldestFirstAsync(VendorDocument.Payouts, vendorId.Value, after, page.Limit + 1, cancel);
        long? next = lines.Count > page.Limit ? lines[page.Limit - 1].Position : null;
        return new JsonResult<ListJson<PayoutJson, long?>>(
            new(lines.Take(page.Limit).Select(line => PayoutJson.From(VendorDocument.ReadPayout(line))), next),
            VendorJsonContext.Default.ListJsonPayoutJsonNullableInt64);
    }
}
