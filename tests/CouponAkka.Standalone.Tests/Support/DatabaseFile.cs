using CouponAkka.Standalone.Database;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>Looks into the program's databases from outside, and breaks them.</summary>
internal static class DatabaseFile
{
    public static void Execute(string path, string sql)
    {
        using var connection = SqliteFile.OpenReadWrite(path, "FULL");
        connection.Execute(sql);
    }

    public static T? Scalar<T>(string path, string sql)
    {
        using var connection = SqliteFile.OpenReadOnly(path);
        return connection.Scalar<T>(sql);
    }

    /// <summary>All rows, a line each.</summary>
    public static List<string> Rows(string path, string sql)
    {
        using var connection = SqliteFile.OpenReadOnly(path);
        using var command = connection.Prepare(sql);
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetValue(column))));
        return rows;
    }

    /// <summary>Everything that the read model says.</summary>
    public static List<string> DumpReadModel(string path) =>
    [
        .. Rows(path, "SELECT * FROM coupons ORDER BY id"),
        .. Rows(path, "SELECT * FROM coupon_issues ORDER BY coupon_id, ticket"),
        .. Rows(path, "SELECT * FROM projection_progress ORDER BY coupon_id"),
        .. Rows(path, "SELECT * FROM entity_views ORDER BY kind, entity_id"),
        .. Rows(path, "SELECT * FROM list_lines ORDER BY list, owner, position"),
        .. Rows(path, "SELECT * FROM projection_position"),
    ];

    /// <summary>Everything that the read model says of one coupon.</summary>
    public static List<string> DumpCoupon(string path, long couponId) =>
    [
        .. Rows(path, $"SELECT * FROM coupons WHERE id = {couponId}"),
        .. Rows(path, $"SELECT * FROM coupon_issues WHERE coupon_id = {couponId} ORDER BY ticket"),
        .. Rows(path, $"SELECT * FROM projection_progress WHERE coupon_id = {couponId}"),
    ];

    /// <summary>Overwrites the page on which a table or an index begins.</summary>
    public static void OverwriteRootPage(string path, string name, byte with)
    {
        // Into the file itself, from which it is read again.
        Execute(path, "PRAGMA wal_checkpoint(TRUNCATE)");
        var page = Scalar<long>(path, $"SELECT rootpage FROM sqlite_master WHERE name = '{name}'");
        OverwritePage(path, page, with);
    }

    public static void OverwritePage(string path, long page, byte with)
    {
        var size = Scalar<long>(path, "PRAGMA page_size");
        var noise = new byte[size];
        Array.Fill(noise, with);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = (page - 1) * size;
        file.Write(noise);
    }

    /// <summary>Turns one byte of a file into another.</summary>
    public static void FlipByte(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        var before = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(before ^ 0x55));
    }
}
