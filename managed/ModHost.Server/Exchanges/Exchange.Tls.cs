using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Protocol;

namespace ModHost.Server.Exchanges;

/// <summary>TLS as the web server negotiated it. Application thread.</summary>
internal abstract partial class Exchange : ITlsConnectionFeature, ITlsHandshakeFeature
{
    private X509Certificate2? _clientCertificate;
    private bool _certificateKnown;

    X509Certificate2? ITlsConnectionFeature.ClientCertificate
    {
        get
        {
            if (!_certificateKnown)
            {
                _clientCertificate = Still(Use, ClientCertificate.Parse(Head.TlsClientCertificate));
                _certificateKnown = true;
            }

            return _clientCertificate;
        }

        set => (_clientCertificate, _certificateKnown) = (value, true);
    }

    SslProtocols ITlsHandshakeFeature.Protocol => Still(Use, TlsNames.Protocol(Head.TlsProtocol));

    TlsCipherSuite? ITlsHandshakeFeature.NegotiatedCipherSuite =>
        Still(Use, TlsNames.CipherSuite(Head.TlsCipher));

    string ITlsHandshakeFeature.HostName =>
        Still(Use, System.Text.Encoding.UTF8.GetString(Head.TlsServerName));

#pragma warning disable SYSLIB0058 // The interface still has them; nothing is known of them.
    CipherAlgorithmType ITlsHandshakeFeature.CipherAlgorithm => CipherAlgorithmType.None;

    int ITlsHandshakeFeature.CipherStrength => 0;

    HashAlgorithmType ITlsHandshakeFeature.HashAlgorithm => HashAlgorithmType.None;

    int ITlsHandshakeFeature.HashStrength => 0;

    ExchangeAlgorithmType ITlsHandshakeFeature.KeyExchangeAlgorithm => ExchangeAlgorithmType.None;

    int ITlsHandshakeFeature.KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    Task<X509Certificate2?> ITlsConnectionFeature.GetClientCertificateAsync(CancellationToken cancellationToken) =>
        Task.FromResult(((ITlsConnectionFeature)this).ClientCertificate);

    private void EndTls()
    {
        _clientCertificate = null;
        _certificateKnown = false;
    }
}
