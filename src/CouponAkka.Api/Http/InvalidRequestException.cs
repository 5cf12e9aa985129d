namespace CouponAkka.Api.Http;

/// <summary>A request that can't be understood: becomes <c>400 VALIDATION_FAILED</c> with these messages by field.</summary>
public sealed class InvalidRequestException(IReadOnlyDictionary<string, string[]> errors)
    : Exception("The request is not valid.")
{
    public InvalidRequestException(string field, string message)
        : this(new Dictionary<string, string[]> { [field] = [message] })
    {
    }

    public IReadOnlyDictionary<string, string[]> Errors => errors;
}
