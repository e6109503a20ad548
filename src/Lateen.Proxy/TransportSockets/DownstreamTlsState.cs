using Lateen.Net.Tls;

namespace Lateen.Proxy.TransportSockets;

/// <summary>What a downstream connection's handshake has settled, kept for as long as it is served and logged.</summary>
internal sealed class DownstreamTlsState(TlsDetails details, PeerCertificate? local)
{
    private const string Spiffe = "spiffe://";

    private byte[]? _forwarded;
    private ClientCertDetails _forwardedWith;

    public TlsDetails Details { get; } = details;

    /// <summary>The certificate that this proxy has shown.</summary>
    public PeerCertificate? Local { get; } = local;

    /// <summary>The peer's first URI name; empty if it has shown no certificate.</summary>
    public string PeerUri => Details.Peer is { UriNames: [var first, ..] } ? first : "";

    /// <summary>The verified identity without its scheme, as policies name it: td/ns/NAMESPACE/sa/ACCOUNT; empty without one.</summary>
    public string Principal =>
        Details.IsPeerVerified && PeerUri.StartsWith(Spiffe, StringComparison.Ordinal) ? PeerUri[Spiffe.Length..] : "";

    /// <summary>The same with its scheme, as access rules compare it.</summary>
    public string PeerPrincipal => Details.IsPeerVerified && PeerUri.StartsWith(Spiffe, StringComparison.Ordinal) ? PeerUri : "";

    /// <summary>This connection's element of x-forwarded-client-cert. Made once.</summary>
    public byte[] ForwardedElement(ClientCertDetails details)
    {
        if (_forwarded is null || _forwardedWith != details)
        {
            (_forwarded, _forwardedWith) = (ForwardedClientCert.Write(this, details), details);
        }
        return _forwarded;
    }
}
