using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Http;

/// <summary>
/// What a folder brings to the API: endpoints, JSON, and what the OpenAPI document can't read from those. An entity is one more of them, where the API
/// is put together.
/// </summary>
internal abstract class ApiModule
{
    /// <summary>Every type of its own that crosses HTTP, so that JSON is read and written without reflection.</summary>
    public abstract JsonSerializerContext Json { get; }

    /// <summary>The headings that its endpoints stand under.</summary>
    public abstract IReadOnlyList<OpenApiTag> Tags { get; }

    /// <summary>What its types are called in the document, those whose own names would not do.</summary>
    public virtual IReadOnlyDictionary<Type, string> SchemaNames => new Dictionary<Type, string>();

    /// <summary>Every refusal of its own.</summary>
    public virtual IEnumerable<Problem> Problems => [];

    /// <summary>Problems with fields of its own, if it has such.</summary>
    public virtual Type? ProblemType => null;

    public virtual void AddServices(IServiceCollection services)
    {
    }

    public abstract void Map(IEndpointRouteBuilder routes);

    /// <summary>Whether it knows more of the fields of a type than the type says.</summary>
    public virtual bool Narrows(Type type) => type.Namespace == GetType().Namespace;

    /// <summary>Makes the schema of a field, of a type that it <see cref="Narrows"/>, say what the type does not.</summary>
    public virtual void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
    }
}
