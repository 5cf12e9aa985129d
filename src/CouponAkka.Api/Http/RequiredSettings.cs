using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Http;

/// <summary>Settings that must be right before the process starts.</summary>
public static class RequiredSettings
{
    /// <summary>
    /// Reads settings and validates them. To be called before the host starts: what the host finds wrong while it
    /// starts, it logs with its stack trace, and one clear line is enough.
    /// </summary>
    /// <exception cref="OptionsValidationException">They are wrong; the message says which and why, in one line.</exception>
    public static void RequireSettings<T>(this IServiceProvider services)
        where T : class
    {
        try
        {
            _ = services.GetRequiredService<IOptions<T>>().Value;
        }
        // How the binder says that a value is not of its setting's type.
        catch (InvalidOperationException unreadable)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(T), [unreadable.Message]);
        }
    }
}
