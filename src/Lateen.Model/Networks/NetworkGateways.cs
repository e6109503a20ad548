using System.Collections.Frozen;
using System.Net;
using Lateen.Model.Mesh;
using Lateen.Model.Services;

namespace Lateen.Model.Networks;

/// <summary>The ways into the networks of the mesh: those that the networks' configuration names, and services that say they are one.</summary>
/// <remarks>
/// Istio, "Install multi-primary on different networks": a service with the label topology.istio.io/network is a gateway of that
/// network at its external addresses, port 15443 unless networking.istio.io/gatewayPort says otherwise.
/// </remarks>
public sealed class NetworkGateways
{
    public const string NetworkLabel = "topology.istio.io/network";
    private const string PortLabel = "networking.istio.io/gatewayPort";
    private const int DefaultPort = 15443;

    private readonly FrozenDictionary<string, EquatableArray<NetworkGateway>> _byNetwork;
    private readonly FrozenDictionary<(string Network, string Cluster), EquatableArray<NetworkGateway>> _byCluster;

    private NetworkGateways(List<NetworkGateway> gateways)
    {
        _byNetwork = gateways.GroupBy(g => g.Network).ToFrozenDictionary(g => g.Key, Sorted);
        _byCluster = gateways.Where(g => g.ClusterId.Length > 0).GroupBy(g => (g.Network, g.ClusterId))
            .ToFrozenDictionary(g => g.Key, Sorted);
        var scale = 1u;
        foreach (var list in _byNetwork.Values.Concat(_byCluster.Values))
        {
            scale = LeastCommonMultiple(scale, (uint)list.Count);
        }

        WeightScale = scale;
    }

    /// <summary>Whether no network can be reached from another one: then addresses are used as they are.</summary>
    public bool IsEmpty => _byNetwork.Count == 0;

    /// <summary>What endpoint weights are multiplied with, so that each can be shared evenly among the gateways of its network.</summary>
    public uint WeightScale { get; }

    /// <summary>All of them, by network.</summary>
    public IEnumerable<NetworkGateway> All => _byNetwork.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value.AsEnumerable());

    /// <summary>The gateways before an endpoint of that network and cluster: those of its own cluster, else all of the network.</summary>
    public EquatableArray<NetworkGateway> For(string network, string cluster) =>
        _byCluster.TryGetValue((network, cluster), out var own) ? own : _byNetwork.GetValueOrDefault(network);

    internal static NetworkGateways Build(MeshInputs inputs)
    {
        var gateways = new List<NetworkGateway>();
        foreach (var network in inputs.Networks)
        {
            // A name instead of an address would have to be resolved here; the gateway is left out.
            gateways.AddRange(network.Gateways
                .Where(g => IPAddress.TryParse(g.Address, out _))
                .Select(g => g with { Network = network.Id }));
        }

        gateways.AddRange(inputs.ServiceGateways);
        return new(gateways.Distinct().ToList());
    }

    /// <summary>The gateways that services of one cluster are.</summary>
    public static EquatableArray<NetworkGateway> OfServices(
        IEnumerable<Service> services, EquatableArray<MeshNetwork> networks, string cluster) =>
        services.SelectMany(s => OfService(s, networks, cluster)).ToEquatableArray();

    private static IEnumerable<NetworkGateway> OfService(Service service, EquatableArray<MeshNetwork> networks, string cluster)
    {
        if (!service.ExternalAddresses.TryGetValue(cluster, out var addresses))
        {
            yield break;
        }

        foreach (var (network, port) in Roles(service, networks, cluster))
        {
            if (ReachablePort(service, cluster, port) is not { } reachable)
            {
                continue;
            }

            foreach (var address in addresses)
            {
                if (IPAddress.TryParse(address, out _))
                {
                    yield return new() { Address = address, Port = reachable, ClusterId = cluster, Network = network };
                }
            }
        }
    }

    /// <summary>The networks that a service is the gateway of. Its own label counts before the configuration.</summary>
    private static IEnumerable<(string Network, int Port)> Roles(Service service, EquatableArray<MeshNetwork> networks, string cluster)
    {
        if (service.Labels.Find(NetworkLabel) is { Length: > 0 } label)
        {
            return [(label, int.TryParse(service.Labels.Find(PortLabel), out var given) ? given : DefaultPort)];
        }

        return networks
            .Where(n => n.Endpoints.Any(e => e.FromRegistry == cluster))
            .SelectMany(n => n.Gateways.Where(g => g.RegistryServiceName == service.Hostname).Select(g => (n.Id, g.Port)));
    }

    /// <summary>The port at the external address: at the addresses of machines it is the node port; null when there is none.</summary>
    private static int? ReachablePort(Service service, string cluster, int port)
    {
        if (service.NodeSelector is null)
        {
            return port;
        }

        return service.NodePorts.TryGetValue(cluster, out var ports) && ports.TryGetValue(port, out var nodePort) ? nodePort : null;
    }

    private static EquatableArray<NetworkGateway> Sorted(IEnumerable<NetworkGateway> gateways) => gateways
        .OrderBy(g => g.Address, StringComparer.Ordinal).ThenBy(g => g.Port).ToEquatableArray();

    private static uint LeastCommonMultiple(uint a, uint b)
    {
        var (x, y) = (a, b);
        while (y != 0)
        {
            (x, y) = (y, x % y);
        }

        return a / x * b;
    }
}
