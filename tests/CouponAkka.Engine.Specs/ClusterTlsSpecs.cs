using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>Members that speak TLS with each other, and who does not, or not as one of them, is none.</summary>
public sealed class ClusterTlsSpecs(TlsCluster cluster, ITestOutputHelper report)
    : EngineSpecs<ClusterEngine>(cluster.Engine, report), IClassFixture<TlsCluster>
{
    // Akka's own exit code.
    private const int TlsHandshakeFailed = 79;

    public override Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public async Task It_issues_over_TLS_and_who_speaks_without_does_not_join()
    {
        var crowd = new Crowd(await CreateCouponAsync(200), Users(300));
        await crowd.AskAsync(Client, Many);
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, 200);

        using var stranger = StartNode(new Dictionary<string, string>());
        await stranger.LoggedAsync("Couldn't join seed nodes");
        Assert.DoesNotContain("Welcome from", stranger.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_was_renewed_comes_in_node_by_node()
    {
        using var renewed = cluster.Authority.Sign(TlsCluster.Member);
        Engine.Environment["Akka__TlsCertificate"] = cluster.Save(renewed);

        // ./cluster waits until it is ready, which it is as a member.
        await Engine.CommandAsync("restart", Engine.Nodes[1]);
    }

    [Theory]
    [InlineData(Shown.OfAnotherName)]
    [InlineData(Shown.OfNobody)]
    [InlineData(Shown.ForServersOnly)]
    [InlineData(Shown.None)]
    public async Task Who_connects_without_a_members_certificate_is_not_heard(Shown shown)
    {
        using var certificate = Make(shown);
        var node = Engine.AkkaAddressOf(Engine.Nodes[0]).Split(':');
        using var connection = new TcpClient();
        await connection.ConnectAsync(node[0], int.Parse(node[1], null));
        await using var stream = new SslStream(
            connection.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => shown?.Subject == $"CN={TlsCluster.Member}");

        // TLS 1.3 tells who connects that it was refused only when it listens.
        await AssertRefusedAsync(async cancel =>
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = TlsCluster.Member, ClientCertificates = certificate is null ? [] : [certificate] }, cancel);
            return await stream.ReadAsync(new byte[1], cancel);
        });
    }

    [Theory]
    [InlineData(Shown.OfAnotherName)]
    [InlineData(Shown.OfNobody)]
    public async Task Who_listens_without_a_members_certificate_is_told_nothing_and_who_connected_ends(Shown shown)
    {
        using var certificate = Make(shown);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var member = StartNode(Engine.Environment, seed: listener.LocalEndpoint.ToString());
        using var connection = await listener.AcceptTcpClientAsync();
        await using var stream = new SslStream(connection.GetStream());

        await AssertRefusedAsync(async cancel =>
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancel);
            return await stream.ReadAsync(new byte[1], cancel);
        });
        // Or 1, if it had not quite started yet.
        Assert.True(await member.ExitedAsync(Eventually.Deadline) is TlsHandshakeFailed or 1, member.Log);
    }

    [Fact]
    public async Task A_certificate_for_servers_only_is_refused_at_the_start()
    {
        using var certificate = Make(Shown.ForServersOnly);
        using var member = StartNode(new Dictionary<string, string>(Engine.Environment) { ["Akka__TlsCertificate"] = cluster.Save(certificate!) });

        await member.LoggedAsync("clientAuth");
        Assert.Contains("Akka:TlsCertificate:", member.Log, StringComparison.Ordinal);
    }

    /// <summary>What somebody shows who is no member.</summary>
    public enum Shown
    {
        OfAnotherName,
        OfNobody,
        ForServersOnly,
        None,
    }

    private X509Certificate2? Make(Shown shown)
    {
        using var nobody = new CertificateAuthority("nobody's");
        return shown switch
        {
            Shown.OfAnotherName => cluster.Authority.Sign("another"),
            Shown.OfNobody => nobody.Sign(TlsCluster.Member),
            Shown.ForServersOnly => cluster.Authority.Sign(TlsCluster.Member, forServersOnly: true),
            _ => null,
        };
    }

    private RunningProcess StartNode(IReadOnlyDictionary<string, string> environment, string? seed = null) => RunningProcess.Start(Repository.Program(
        "CouponAkka.Node",
        [
            "--urls", "http://127.0.0.1:0", $"--ConnectionStrings:Coupons={Engine.ConnectionString}",
            $"--Akka:SeedNodes={seed ?? Engine.AkkaAddressOf(Engine.Nodes[0])}", "--Akka:Port=0", "--Pbm:Port=0",
        ],
        environment));

    private static async Task AssertRefusedAsync(Func<CancellationToken, Task<int>> firstByte)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            Assert.Equal(0, await firstByte(deadline.Token));
        }
        catch (Exception refusal) when (refusal is IOException or AuthenticationException)
        {
            // Said in so many words, or by an end in the middle.
        }
    }
}

/// <summary>Two nodes and an edge with certificates of an authority of their own.</summary>
public sealed class TlsCluster : IAsyncLifetime
{
    /// <summary>The name in every member's certificate.</summary>
    public const string Member = "couponakka";

    private const string Password = "on the disk it is encrypted";

    private readonly DirectoryInfo _secrets = Directory.CreateTempSubdirectory("couponakka-tls-");

    public ClusterEngine Engine { get; } = new() { FirstNodes = 2, FirstEdges = 1 };

    public CertificateAuthority Authority { get; } = new("the shop's own");

    public Task InitializeAsync()
    {
        var authority = Path.Combine(_secrets.FullName, "authority.pem");
        File.WriteAllText(authority, Authority.ToPem());
        // The password from a file, as a secret comes.
        File.WriteAllText(Path.Combine(_secrets.FullName, "Akka__TlsCertificatePassword"), Password);
        using var certificate = Authority.Sign(Member);
        Engine.Environment["Akka__TlsCertificate"] = Save(certificate);
        Engine.Environment["Secrets__Directory"] = _secrets.FullName;
        // Whom OpenSSL trusts.
        Engine.Environment["SSL_CERT_FILE"] = authority;
        return Engine.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Engine.DisposeAsync();
        Authority.Dispose();
        _secrets.Delete(recursive: true);
    }

    /// <summary>Writes the certificate and its key to a file that a member can be given.</summary>
    public string Save(X509Certificate2 certificate)
    {
        var file = Path.Combine(_secrets.FullName, $"{certificate.Thumbprint}.pfx");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, Password));
        return file;
    }
}
