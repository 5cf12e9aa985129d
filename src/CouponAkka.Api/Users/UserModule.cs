using System.Globalization;
using System.Text.Json.Serialization;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Users;

/// <summary>Users are known by their ids alone, which others give out. To try things, here is one.</summary>
internal sealed class UserModule : ApiModule
{
    private const string Users = "Users";

    public override JsonSerializerContext Json => UserJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } = [new() { Name = Users, Description = "Known by their ids alone, which others give out." }];

    public override void Map(IEndpointRouteBuilder routes)
    {
        var ids = routes.ServiceProvider.GetRequiredService<CouponIds>();
        routes.MapPost("/users/random", () => Created(ids.Next()))
            .WithTags(Users)
            .Describe("CreateRandomUser", "The id of a user to try things with. Nothing is kept of it; Location is where the user's coupons will be.")
            .Answers(201, UserJsonContext.Default.UserJson, new UserJson(7)).Refuses(429);
    }

    private static JsonResult<UserJson> Created(long userId) => new(
        new UserJson(userId),
        UserJsonContext.Default.UserJson,
        StatusCodes.Status201Created,
        string.Create(CultureInfo.InvariantCulture, $"/users/{userId}/coupons"));
}

/// <summary>Somebody who may be issued coupons and order.</summary>
public sealed record UserJson(long UserId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UserJson))]
internal sealed partial class UserJsonContext : JsonSerializerContext;
