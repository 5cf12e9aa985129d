namespace CouponAkka.Api.Identity;

/// <summary>A field that may be left out where a token says the same; where no tokens are taken it must be given.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RequiredWithoutTokenAttribute : Attribute;
