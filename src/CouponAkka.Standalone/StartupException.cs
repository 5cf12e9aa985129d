namespace CouponAkka.Standalone;

/// <summary>The process can't start, and this is the one line that says why.</summary>
internal sealed class StartupException(string message, Exception? cause = null) : Exception(message, cause);
