namespace CouponAkka.Cluster.Database;

/// <summary>The database can't be used as it is; the message is the one line that says why, and what to do.</summary>
internal sealed class DatabaseException(string message, Exception? cause = null) : Exception(message, cause);
