namespace CouponAkka.Sharded.Database;

/// <summary>Settings under <c>Database</c>: what is asked of the server that the connection string names.</summary>
public sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary>
    /// Whether a node refuses a server that may lose what it has acknowledged, or that can't keep two writers apart; else it only warns.
    /// docs/operations.md has the list.
    /// </summary>
    public bool RequireDurability { get; set; } = true;
}
