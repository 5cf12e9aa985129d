using System.Text.Json.Serialization;
using CouponAkka.Api.Http;

namespace CouponAkka.Api.Coupons;

/// <summary>Every type of coupons that crosses HTTP, so that JSON is read and written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(PolicyRequest))]
[JsonSerializable(typeof(ChangeRequest))]
[JsonSerializable(typeof(IssueRequest))]
[JsonSerializable(typeof(UseRequest))]
[JsonSerializable(typeof(CouponJson))]
[JsonSerializable(typeof(CouponStatusJson))]
[JsonSerializable(typeof(IssueJson))]
[JsonSerializable(typeof(ListJson<CouponJson, long?>))]
[JsonSerializable(typeof(ListJson<IssueJson, long?>))]
[JsonSerializable(typeof(ListJson<IssueJson, string>))]
[JsonSerializable(typeof(CouponProblem))]
internal sealed partial class CouponJsonContext : JsonSerializerContext;
