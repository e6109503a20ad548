using System.Net;

namespace Lateen.Sandbox.Network;

/// <summary>One port of a service and the endpoints that are ready for it.</summary>
/// <param name="Name">namespace/name:port, for the rules' comments and chain names.</param>
/// <param name="Address">The ClusterIP.</param>
/// <param name="Protocol">tcp, udp or sctp.</param>
/// <param name="Port">The service's port.</param>
/// <param name="Endpoints">Addresses and ports of the ready endpoints; none rejects.</param>
internal sealed record ServiceTarget(string Name, IPAddress Address, string Protocol, int Port, IReadOnlyList<IPEndPoint> Endpoints)
{
    /// <summary>Further addresses at which the port is served: a load balancer's, spec.externalIPs.</summary>
    public IReadOnlyList<IPAddress> External { get; init; } = [];

    /// <summary>The port at each of the node's own addresses; 0 for none.</summary>
    public int NodePort { get; init; }
}
