using System.Net.Http;
using System.Text.Json.Nodes;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.OpenApi;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>, and a page to read and try it at <c>/docs</c>.</summary>
internal static class ApiDocument
{
    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "CouponAkka",
                Version = "v1",
                Description = "First-come-first-served coupons: at most one each, never more than N, and a yes is durable.",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, cancel) =>
        {
            foreach (var metadata in context.Description.ActionDescriptor.EndpointMetadata)
            {
                Describe(operation, metadata);
                if (metadata is BodyOf body)
                    operation.RequestBody = await DescribeAsync(body, context, cancel);
            }

            AddExamples(operation);
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(Timestamp) || context.JsonTypeInfo.Type == typeof(Timestamp?))
            {
                schema.Type = JsonSchemaType.String | (context.JsonTypeInfo.Type == typeof(Timestamp?) ? JsonSchemaType.Null : 0);
                schema.Format = "date-time";
            }

            return Task.CompletedTask;
        });
    });

    public static void UseApiPage(this WebApplication app) => app.UseWhen(
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
            });
        });

    private static void Describe(OpenApiOperation operation, object metadata)
    {
        switch (metadata)
        {
            case PathId path:
                Add(operation, new OpenApiParameter
                {
                    Name = path.Name,
                    In = ParameterLocation.Path,
                    Required = true,
                    Description = Fields.Expected(path.Name),
                    Schema = Id(),
                    Example = 1,
                });
                break;
            case IfMatchHeader:
                Add(operation, new OpenApiParameter
                {
                    Name = "If-Match",
                    In = ParameterLocation.Header,
                    Description = "The ETag of the coupon as you know it: it is changed only if it is that still.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
                break;
            case PageQuery page:
                Add(operation, new OpenApiParameter
                {
                    Name = "after",
                    In = ParameterLocation.Query,
                    Description = Fields.Expected("after"),
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
                Add(operation, new OpenApiParameter
                {
                    Name = "limit",
                    In = ParameterLocation.Query,
                    Description = "how many at most",
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Integer,
                        Minimum = "1",
                        Maximum = page.MaxLimit.ToString(System.Globalization.CultureInfo.InvariantCulture),
                        Default = page.DefaultLimit,
                    },
                });
                break;
            case AdminOnly:
                Add(operation, new OpenApiParameter
                {
                    Name = AdminKey.Header,
                    In = ParameterLocation.Header,
                    Description = "The admin key. Not needed from the loopback interface while none is set.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
                break;
        }
    }

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

    private static void AddExamples(OpenApiOperation operation)
    {
        if (Examples.Request(operation.OperationId) is { } request)
            SetExample(operation.RequestBody?.Content, request);
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (Examples.Response(operation.OperationId, status) is { } example)
                SetExample(response.Content, example);
        }
    }

    private static void SetExample(IDictionary<string, OpenApiMediaType>? content, JsonNode example)
    {
        foreach (var mediaType in content?.Values ?? [])
            mediaType.Example = example.DeepClone();
    }

    private static void Add(OpenApiOperation operation, OpenApiParameter parameter) => (operation.Parameters ??= []).Add(parameter);

    private static OpenApiSchema Id() => new() { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1", Maximum = "9007199254740991" };
}
