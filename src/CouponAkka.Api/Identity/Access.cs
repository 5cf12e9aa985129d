using System.Globalization;
using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Identity;

/// <summary>What a call needs where tokens are taken, as metadata of its endpoint; where none are, it says nothing.</summary>
/// <param name="Scope">The scope that allows it; null if any valid token does, and the body says for whom.</param>
/// <param name="OrOwn">Whether the user in the path may do it for themselves without the scope.</param>
internal sealed record Access(string? Scope, bool OrOwn = false) : IAuthorizationRequirement
{
    public static readonly Access ByToken = new((string?)null);
    public static readonly Access OwnOrActingFor = new(Scopes.ActFor, OrOwn: true);
    public static readonly Access OwnOrReader = new(Scopes.Read, OrOwn: true);
    public static readonly Access Reader = new(Scopes.Read);
}

internal static class AccessConventions
{
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, Access access) => endpoint.WithMetadata(access);

    /// <summary>Makes what calls need a policy of ASP.NET's authorization, which then must be in the pipeline.</summary>
    public static void RequireAccess(this RouteGroupBuilder calls) => ((IEndpointConventionBuilder)calls).Finally(endpoint =>
    {
        if (endpoint.Metadata.OfType<Access>().LastOrDefault() is not { } access)
            return;
        if (!endpoint.Metadata.OfType<AlwaysOk>().Any())
        {
            foreach (var status in (ReadOnlySpan<int>)[StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden])
                endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.ContentType]));
        }

        endpoint.Metadata.Add(new AuthorizeAttribute());
        endpoint.Metadata.Add(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(access).Build());
    });
}

/// <summary>Looks at the token's scopes and at the user in the path.</summary>
internal sealed class AccessHandler : AuthorizationHandler<Access>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, Access requirement)
    {
        if (context.Resource is HttpContext http && http.Features.Get<Caller>() is { } caller && IsMet(requirement, caller, http))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }

    private static bool IsMet(Access access, Caller caller, HttpContext context) =>
        access.Scope is null
        || caller.Has(access.Scope)
        || (access.OrOwn
            && caller.UserId is { } own
            && long.TryParse(context.Request.RouteValues["userId"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            && asked == own);
}
