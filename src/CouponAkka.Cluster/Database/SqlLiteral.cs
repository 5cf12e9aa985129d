using CouponAkka.Domain;

namespace CouponAkka.Cluster.Database;

/// <summary>Values as they stand in SQL text, where a parameter for each of thousands would cost more than the rows.</summary>
internal static class SqlLiteral
{
    public static string Of(Timestamp time) => time.ToDateTimeOffset().ToString("\\'yyyy-MM-dd HH:mm:ss.ffffff\\'", null);
}
