namespace CouponAkka.Standalone.Tests.Support;

/// <summary>A data directory of one test's own, and the files that the program keeps there.</summary>
internal sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("coupon-standalone-");

    public string Path => _directory.FullName;

    public string Journal => In("journal.db");

    public string ReadModel => In("readmodel.db");

    public string Reactions => In("reactions.db");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public string Snapshot(long couponId) => In($"snapshots/{couponId}");

    /// <summary>Removes a database with what belongs to it.</summary>
    public static void DeleteDatabase(string path)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm" })
            File.Delete(path + suffix);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
