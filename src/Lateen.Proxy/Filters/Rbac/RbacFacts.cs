using Lateen.Net.Sockets;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Filters.Rbac;

/// <summary>What rules compare: of a request, or of a connection alone.</summary>
internal readonly ref struct RbacFacts
{
    /// <summary>False for a connection that is not HTTP: what asks for a header or a path matches nothing then.</summary>
    public required bool IsRequest { get; init; }

    public RouteQuery Query { get; init; }

    /// <summary>Where the client wanted to go.</summary>
    public required IpEndpoint Destination { get; init; }

    /// <summary>The socket's peer.</summary>
    public required IpEndpoint Direct { get; init; }

    /// <summary>The client, by x-forwarded-for where that is trusted.</summary>
    public required IpEndpoint Remote { get; init; }

    /// <summary>SNI; empty without.</summary>
    public required string ServerName { get; init; }

    /// <summary>The verified identity of the peer, `spiffe://…`; empty without mutual TLS.</summary>
    public required string PeerPrincipal { get; init; }

    public StreamMetadata? Metadata { get; init; }

    /// <summary>Of a connection that is not HTTP.</summary>
    public static RbacFacts Of(DownstreamConnection connection) => new()
    {
        IsRequest = false,
        Destination = connection.Local,
        Direct = connection.Direct,
        Remote = connection.Remote,
        ServerName = connection.ServerName,
        PeerPrincipal = connection.PeerPrincipal,
        Metadata = connection.Metadata,
    };
}
