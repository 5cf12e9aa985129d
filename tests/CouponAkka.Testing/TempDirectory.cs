namespace CouponAkka.Testing;

/// <summary>A directory of one test's own, which is removed with all that is in it.</summary>
public sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-tests-");

    public string Path => _directory.FullName;

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
