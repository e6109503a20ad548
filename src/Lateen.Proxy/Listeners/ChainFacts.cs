using Lateen.Net.Sockets;

namespace Lateen.Proxy.Listeners;

/// <summary>What is known of a connection when its chain is chosen.</summary>
/// <param name="Destination">Where the client wanted to go.</param>
/// <param name="Source">The client.</param>
/// <param name="Direct">The socket's peer; another than the client behind a proxy that tells who that is.</param>
internal readonly record struct ChainFacts(IpEndpoint Destination, IpEndpoint Source, IpEndpoint Direct)
{
    /// <summary>SNI in lower case, empty without.</summary>
    public string ServerName { get; init; } = "";

    /// <summary><c>tls</c> or <c>raw_buffer</c>.</summary>
    public string TransportProtocol { get; init; } = "raw_buffer";

    /// <summary>ALPN of the client, or what HTTP inspection found, in the client's order.</summary>
    public string[] ApplicationProtocols { get; init; } = [];
}
