using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;

namespace CouponAkka.Sharded;

/// <summary>The certificate by which members know each other. Each shows it, whoever opened the connection.</summary>
internal static class MemberCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string AnyUsage = "2.5.29.37.0";
    private const string AlternativeNames = "2.5.29.17";

    /// <summary>Reads a PKCS#12 file.</summary>
    /// <exception cref="InvalidOperationException">It can't be read, or not with this password, or no member would be believed with it.</exception>
    public static X509Certificate2 Load(string file, string? password)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(file, password);
            Require(certificate.HasPrivateKey, "There is no private key in it.");
            Require(NamesOf(certificate).Length > 0, "It names nobody, so that any other of the same authority would be a member: it needs a subject or an alternative name.");
            Require(
                Allows(certificate, ServerAuthentication) && Allows(certificate, ClientAuthentication),
                "Its extended key usage must allow serverAuth and clientAuth, for members are servers and clients of each other; or it has none.");
            return certificate;
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"Akka:TlsCertificate: '{file}' can't be used: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// Who is a member: who has a certificate that this machine trusts, with exactly the names of <paramref name="own"/>. So one that is renewed
    /// may come in node by node, and others of the same authority are strangers.
    /// </summary>
    public static CertificateValidationCallback IsOneLike(X509Certificate2 own)
    {
        var names = NamesOf(own);
        return CertificateValidation.ChainPlusThen((certificate, _, _) => certificate is not null && NamesOf(certificate).AsSpan().SequenceEqual(names));
    }

    // An empty distinguished name is an empty sequence, and not nothing.
    private static byte[] NamesOf(X509Certificate2 certificate) =>
        [.. certificate.Subject.Length == 0 ? [] : certificate.SubjectName.RawData, .. certificate.Extensions[AlternativeNames]?.RawData ?? []];

    private static bool Allows(X509Certificate2 certificate, string usage) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .All(extension => extension.EnhancedKeyUsages.Cast<Oid>().Any(allowed => allowed.Value == usage || allowed.Value == AnyUsage));

    private static void Require(bool holds, string because)
    {
        if (!holds)
            throw new CryptographicException(because);
    }
}
