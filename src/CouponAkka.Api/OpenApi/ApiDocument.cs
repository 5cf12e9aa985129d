using System.Globalization;
using System.Text.Json.Nodes;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.OpenApi;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>, and a page to read and try it at <c>/docs</c>.</summary>
internal static class ApiDocument
{
    private const string KeyScheme = "ApiKey";
    private const string TokenScheme = "Bearer";

    /// <summary>The heading that health stands under.</summary>
    public const string ProcessTag = "The process itself";

    private static readonly OpenApiTag Process = new() { Name = ProcessTag, Description = "Whether it runs, and whether it can issue." };

    public static void AddApiDocument(this IServiceCollection services, IReadOnlyList<ApiModule> modules) => services.AddOpenApi(options =>
    {
        var schemas = new FieldSchemas(modules);
        options.CreateSchemaReferenceId = schemas.NameOf;
        options.AddSchemaTransformer(schemas.NarrowAsync);
        options.AddOperationTransformer(async (operation, context, cancel) =>
        {
            // Said even where there is nothing to say: nobody who asks is left out by oversight.
            operation.Security = [];
            foreach (var metadata in context.Description.ActionDescriptor.EndpointMetadata)
            {
                Describe(operation, metadata, context);
                if (metadata is BodyOf body)
                    operation.RequestBody = await DescribeAsync(body, context, cancel);
            }

            AddExamples(operation, context);
            AddHeaders(operation, context);
        });
        options.AddDocumentTransformer((document, context, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "CouponAkka",
                Version = ProgramArguments.ProgramVersion,
                Description = "First-come-first-served coupons: at most one each, never more than N, and a yes is durable.",
                License = new OpenApiLicense { Name = "Apache 2.0", Url = new Uri("https://www.apache.org/licenses/LICENSE-2.0") },
            };
            // Wherever the document came from: what the Host header says may be a proxy's name for us, or anybody's.
            document.Servers = [new OpenApiServer { Url = "/" }];
            foreach (var tag in modules.SelectMany(module => module.Tags).Append(Process))
            {
                if (document.Tags?.Remove(tag) is true)
                    document.Tags.Add(tag);
            }

            document.AddComponent(KeyScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = AdminKey.Header,
                Description = "The admin key. Not needed from the loopback interface while none is set.",
            });
            if (TakesTokens(context.ApplicationServices))
            {
                document.AddComponent(TokenScheme, new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    BearerFormat = "JWT",
                    Description = "Its sub is the user. The scopes coupons:act-for, coupons:read and coupons:admin allow more.",
                });
            }

            FieldSchemas.DropNull(document.Components!.Schemas![nameof(Problem)]);
            return Task.CompletedTask;
        });
    });

    public static void UseApiPage(this IApplicationBuilder app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments("/docs", StringComparison.Ordinal),
        docs =>
        {
            docs.Use((context, next) =>
            {
                // Its scripts put styles and small pictures into the page.
                SecurityHeaders.SetForPage(context.Response, "; img-src 'self' data:; style-src 'self' 'unsafe-inline'");
                return next(context);
            });
            docs.UseSwaggerUI(page =>
            {
                page.RoutePrefix = "docs";
                page.DocumentTitle = "CouponAkka: HTTP API";
                page.SwaggerEndpoint("/openapi/v1.json", "v1");
                // A telephone would show it as wide as a screen.
                page.HeadContent = "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
            });
        });

    private static void Describe(OpenApiOperation operation, object metadata, OpenApiOperationTransformerContext context)
    {
        switch (metadata)
        {
            case PathId path:
                Add(operation, new OpenApiParameter
                {
                    Name = path.Name,
                    In = ParameterLocation.Path,
                    Required = true,
                    Description = EntityId.Expected,
                    Schema = FieldSchemas.Id(),
                    Example = 1,
                });
                break;
            case RequestHeader header:
                Add(operation, new OpenApiParameter
                {
                    Name = header.Name,
                    In = ParameterLocation.Header,
                    Required = header.IsRequired,
                    Description = header.Description,
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        MinLength = header.MaxLength is null ? null : 1,
                        MaxLength = header.MaxLength,
                        Pattern = header.MaxLength is null ? null : "^[ -~]*$",
                    },
                });
                break;
            case StreamQuery:
                Add(operation, new OpenApiParameter
                {
                    Name = "after",
                    In = ParameterLocation.Query,
                    Description = "the number after which it begins",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
                });
                Add(operation, new OpenApiParameter
                {
                    Name = "last",
                    In = ParameterLocation.Query,
                    Description = "without those: how many of the last it begins with",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
                });
                Add(operation, new OpenApiParameter
                {
                    Name = "Last-Event-ID",
                    In = ParameterLocation.Header,
                    Description = "the same, as browsers say it when they come back",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
                });
                break;
            case PageQuery page:
                Add(operation, new OpenApiParameter
                {
                    Name = "after",
                    In = ParameterLocation.Query,
                    Description = PageQuery.AfterExpected,
                    Schema = After(context),
                });
                Add(operation, new OpenApiParameter
                {
                    Name = "limit",
                    In = ParameterLocation.Query,
                    Description = "how many at most",
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Integer,
                        Format = "int32",
                        Minimum = "1",
                        Maximum = page.MaxLimit.ToString(CultureInfo.InvariantCulture),
                        Default = page.DefaultLimit,
                    },
                });
                break;
            case AdminOnly:
                operation.Security!.Add(new() { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] });
                if (TakesTokens(context.ApplicationServices))
                    operation.Security.Add(new() { [new OpenApiSecuritySchemeReference(TokenScheme, context.Document)] = [] });
                break;
            case Access when TakesTokens(context.ApplicationServices) && !operation.Security!.Any():
                operation.Security!.Add(new() { [new OpenApiSecuritySchemeReference(TokenScheme, context.Document)] = [] });
                break;
        }
    }

    private static bool TakesTokens(IServiceProvider services) => AuthOptions.IsSetIn(services.GetRequiredService<IConfiguration>());

    // What the page before gave as next.
    private static OpenApiSchema After(OpenApiOperationTransformerContext context) =>
        context.Description.SupportedResponseTypes.Any(answer => answer.Type is { IsGenericType: true } list && list.GenericTypeArguments[^1] == typeof(string))
            ? new OpenApiSchema { Type = JsonSchemaType.String }
            : new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" };

    private static async Task<OpenApiRequestBody> DescribeAsync(
        BodyOf body, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var document = context.Document!;
        document.AddComponent(body.Type.Name, await context.GetOrCreateSchemaAsync(body.Type, null, cancel));
        return new OpenApiRequestBody
        {
            Required = body.IsRequired,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = new OpenApiSchemaReference(body.Type.Name, document) },
            },
        };
    }

    private static void AddExamples(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (HealthExamples.Response(operation.OperationId, status) is { } health)
                SetExample(response.Content, health);
            else if (response.Content?.ContainsKey(Problem.ContentType) is true)
                SetExample(response.Content, Example.Of(Problem.For(int.Parse(status, CultureInfo.InvariantCulture))).Read());
        }

        // After those that are the same everywhere, for an endpoint knows better.
        foreach (var example in context.Description.ActionDescriptor.EndpointMetadata.OfType<Example>())
        {
            if (example.Status is not { } status)
                SetExample(operation.RequestBody?.Content, example.Read());
            else if (operation.Responses?.TryGetValue(status.ToString(CultureInfo.InvariantCulture), out var response) is true)
                SetExample(response.Content, example.Read());
        }
    }

    private static void AddHeaders(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var tag = context.Description.ActionDescriptor.EndpointMetadata.OfType<ETagHeader>().LastOrDefault();
        foreach (var answer in context.Description.SupportedResponseTypes)
        {
            var status = answer.StatusCode.ToString(CultureInfo.InvariantCulture);
            if (operation.Responses?[status] is not OpenApiResponse response)
                continue;
            if (answer.StatusCode == StatusCodes.Status201Created)
                Add(response, "Location", "Where it is from now on.", JsonSchemaType.String);
            if (tag is not null && answer.StatusCode is < StatusCodes.Status300MultipleChoices or StatusCodes.Status412PreconditionFailed)
                Add(response, "ETag", tag.Description, JsonSchemaType.String);
            if (answer.Type == typeof(Problem) && answer.StatusCode is (StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable))
                Add(response, "Retry-After", "In how many seconds it helps to ask again.", JsonSchemaType.Integer);
        }
    }

    private static void Add(OpenApiResponse response, string header, string description, JsonSchemaType type) =>
        (response.Headers ??= new Dictionary<string, IOpenApiHeader>())[header] =
            new OpenApiHeader { Required = true, Description = description, Schema = new OpenApiSchema { Type = type } };

    private static void SetExample(IDictionary<string, OpenApiMediaType>? content, JsonNode? example)
    {
        foreach (var mediaType in content?.Values ?? [])
            mediaType.Example = example?.DeepClone();
    }

    private static void Add(OpenApiOperation operation, OpenApiParameter parameter) => (operation.Parameters ??= []).Add(parameter);
}
