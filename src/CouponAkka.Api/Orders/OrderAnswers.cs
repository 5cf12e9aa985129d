using System.Globalization;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Orders;

/// <summary>What an order's reply is in HTTP.</summary>
internal static class OrderAnswers
{
    public static IResult ToResult(this Reply reply) => reply switch
    {
        OrderIs { Order: var order } => new JsonResult<OrderJson>(OrderJson.From(order), OrderJsonContext.Default.OrderJson),
        OrderRefused refused => new ProblemResult(OrderProblems.For(refused.Reason)),
        _ => throw new ArgumentException($"There is no answer for {reply.GetType().Name}.", nameof(reply)),
    };

    /// <summary>The order is placed, and what becomes of it is told at its address.</summary>
    public static IResult Accepted(OrderView order) => new JsonResult<OrderJson>(
        OrderJson.From(order),
        OrderJsonContext.Default.OrderJson,
        StatusCodes.Status202Accepted,
        string.Create(CultureInfo.InvariantCulture, $"/orders/{order.OrderId}"));
}

/// <summary>What each of an order's refusals is in HTTP.</summary>
internal static class OrderProblems
{
    public static Problem For(OrderRefusal reason) => reason switch
    {
        OrderRefusal.OrderNotExist => Problem.New(404, "ORDER_NOT_EXIST", "No such order", "There is no order with this id."),
        OrderRefusal.KeyReused => Problem.KeyReused(),
        OrderRefusal.OutcomeUnknown => Problem.OutcomeUnknown(),
        // Of an id that is taken nobody hears: another is tried.
        OrderRefusal.OtherOrderExists or OrderRefusal.Unavailable => Problem.Unavailable(),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no problem for this reason."),
    };
}
