namespace CouponAkka.Engine;

/// <summary>The program can't start, or go on; the message says why, and what to do, in one line.</summary>
public sealed class StartupException(string message, Exception? cause = null) : Exception(message, cause);
