using System.Globalization;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Vendors;

/// <summary>What a vendor's reply is in HTTP.</summary>
internal static class VendorAnswers
{
    private static readonly PreparedRefusal NotExist = new(VendorProblems.For(VendorRefusal.NotExist));
    private static readonly PreparedRefusal OutcomeUnknown = new(VendorProblems.For(VendorRefusal.OutcomeUnknown));
    private static readonly PreparedRefusal Unavailable = new(VendorProblems.For(VendorRefusal.Unavailable));

    public static IResult ToResult(this Reply reply) => reply switch
    {
        VendorFound found => ToResult(found.Vendor),
        VendorSaved { Created: true } created => ToResult(
            created.Vendor, StatusCodes.Status201Created, string.Create(CultureInfo.InvariantCulture, $"/vendors/{created.Vendor.VendorId}")),
        VendorSaved saved => ToResult(saved.Vendor),
        VendorRefused { Reason: VendorRefusal.NotExist } => NotExist,
        VendorRefused { Reason: VendorRefusal.OutcomeUnknown } => OutcomeUnknown,
        VendorRefused { Reason: VendorRefusal.Unavailable } => Unavailable,
        _ => throw new ArgumentException($"There is no answer for {reply.GetType().Name}.", nameof(reply)),
    };

    private static JsonResult<VendorJson> ToResult(VendorView vendor, int status = StatusCodes.Status200OK, string? location = null) =>
        new(VendorJson.From(vendor), VendorJsonContext.Default.VendorJson, status, location);
}

/// <summary>What each of a vendor's refusals is in HTTP.</summary>
internal static class VendorProblems
{
    public static Problem For(VendorRefusal reason) => reason switch
    {
        VendorRefusal.NotExist => Problem.New(404, "VENDOR_NOT_EXIST", "No such vendor", "There is no vendor with this id."),
        VendorRefusal.OutcomeUnknown => Problem.OutcomeUnknown(),
        VendorRefusal.Unavailable => Problem.Unavailable(),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no problem for this reason."),
    };
}
