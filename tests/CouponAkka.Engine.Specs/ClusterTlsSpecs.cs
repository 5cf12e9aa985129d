using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>Members that speak TLS with each other, and who does not is none.</summary>
[Trait(ClusterSpecs.Half, ClusterSpecs.Cluster)]
public sealed class ClusterTlsSpecs(ITestOutputHelper report)
    : EngineSpecs<ClusterEngine>(new ClusterEngine { FirstNodes = 2, FirstEdges = 1 }, report)
{
    private const string Password = "on the disk it is encrypted";

    private readonly DirectoryInfo _secrets = Directory.CreateTempSubdirectory("couponakka-tls-");

    public override Task InitializeAsync()
    {
        var file = Path.Combine(_secrets.FullName, "cluster.pfx");
        var authority = Path.Combine(_secrets.FullName, "authority.pem");
        using var certificate = SelfSigned("couponakka");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, Password));
        File.WriteAllText(authority, certificate.ExportCertificatePem());
        // The password from a file, as a secret comes.
        File.WriteAllText(Path.Combine(_secrets.FullName, "Akka__TlsCertificatePassword"), Password);
        Engine.Environment["Akka__TlsCertificate"] = file;
        Engine.Environment["Secrets__Directory"] = _secrets.FullName;
        // Whom OpenSSL trusts.
        Engine.Environment["SSL_CERT_FILE"] = authority;
        return Engine.StartAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
        _secrets.Delete(recursive: true);
    }

    [Fact]
    public async Task It_issues_over_TLS_and_who_speaks_without_does_not_join()
    {
        var crowd = new Crowd(await CreateCouponAsync(200), Users(300));
        await crowd.AskAsync(Client, Many);
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, 200);

        var seed = Engine.AkkaAddressOf(Engine.Nodes[0]);
        using var stranger = ServerProcess.Start(
            ClusterEngine.ProgramPath("Edge"),
            ["--urls", "http://127.0.0.1:0", $"--ConnectionStrings:Coupons={Engine.ConnectionString}", $"--Akka:SeedNodes={seed}", "--Pbm:Port=0"]);
        await Eventually.ReadAsync(
            "the stranger has not been let in", () => Task.FromResult(stranger.Output), said => said.Contains("Couldn't join seed nodes", StringComparison.Ordinal));
        Assert.DoesNotContain("Welcome from", stranger.Output, StringComparison.Ordinal);
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
