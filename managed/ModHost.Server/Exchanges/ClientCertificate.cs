using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ModHost.Server.Exchanges;

/// <summary>A client's certificate from the bytes that a web server gives: DER, or PEM with or without tabs.</summary>
internal static class ClientCertificate
{
    public static X509Certificate2? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }

        try
        {
            // DER begins with a SEQUENCE; nothing else does.
            return bytes[0] == 0x30
                ? X509CertificateLoader.LoadCertificate(bytes)
                : X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(bytes));
        }
        catch (CryptographicException)
        {
            // The web server has accepted it; that this platform cannot read it is no reason to refuse the request.
            return null;
        }
    }
}
