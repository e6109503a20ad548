namespace Lateen.Proxy.TransportSockets;

/// <summary>The server's side of a filter chain (DownstreamTlsContext). Immutable but for the secrets it follows.</summary>
internal sealed class DownstreamTls
{
    /// <summary>
    /// FilterChain.transport_socket_connect_timeout; Envoy's default is none. Here a client has 15 s, as for the listener filters: a
    /// half-open handshake must not be held for ever.
    /// </summary>
    public const long DefaultHandshakeMilliseconds = 15_000;

    public required TlsContextSource Source { get; init; }

    public bool RequiresServerName { get; init; }

    public long HandshakeTimeoutMilliseconds { get; init; } = DefaultHandshakeMilliseconds;
}
