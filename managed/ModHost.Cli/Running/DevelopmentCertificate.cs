using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ModHost.Cli.Running;

/// <summary>A certificate of nobody's for this machine, good for one run.</summary>
internal static class DevelopmentCertificate
{
    private const int Days = 30;

    /// <summary>Writes it; the paths of certificate and key.</summary>
    public static (string Certificate, string Key) Write(StateDirectory directory, IEnumerable<string> serverNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in serverNames.Append("localhost").Distinct())
        {
            names.AddDnsName(name);
        }

        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(Days));
        return (directory.Write("certificate.pem", certificate.ExportCertificatePem() + "\n"),
            directory.Write("key.pem", key.ExportPkcs8PrivateKeyPem() + "\n"));
    }
}
