using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

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

    /// <summary>
    /// How many connections this process may have in its pool, unless the connection string says so. Of all processes together they must be fewer than the
    /// server's max_connections. A node has 22 more: 18 of the journal's writers, and 4 of what watches the database; an edge 2.
    /// </summary>
    [Range(1, 10_000)]
    public int MaximumPoolSize { get; set; } = 100;
}

[OptionsValidator]
internal sealed partial class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>;
