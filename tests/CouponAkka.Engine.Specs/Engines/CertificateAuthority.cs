using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>Signs certificates that last for a day.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly X509Certificate2 _root;

    public CertificateAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = RequestFor(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    /// <summary>Its own certificate, for who is to trust it.</summary>
    public string ToPem() => _root.ExportCertificatePem();

    /// <summary>A certificate with a key of its own.</summary>
    public X509Certificate2 Sign(string name, bool forServersOnly = false)
    {
        using var key = RSA.Create(2048);
        var request = RequestFor(name, key);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        if (forServersOnly)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        using var signed = request.Create(_root, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose() => _root.Dispose();

    private static CertificateRequest RequestFor(string name, RSA key) =>
        new(new X500DistinguishedName($"CN={name}"), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
