using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model.Mesh;
using Lateen.Model.Networks;
using Lateen.Model.Workloads;
using ModelEndpoint = Lateen.Model.Services.Endpoint;

namespace Lateen.Translation.Endpoints;

/// <summary>Puts the gateways of a remote network in the place of its endpoints.</summary>
/// <remarks>
/// A gateway finds the service by the SNI of mutual TLS, so that only endpoints which are called that way can be reached through it.
/// Endpoints of a network without gateway are called at their own address.
/// </remarks>
internal static class NetworkRouting
{
    private const string MutualMode = "istio";

    /// <summary>The members of a locality as a proxy of another network sees them.</summary>
    public static LocalityGroup Apply(LocalityGroup group, ProxyNode proxy, NetworkGateways networks)
    {
        var result = new LocalityGroup(group.Locality);
        var behind = new Dictionary<NetworkGateway, (long Weight, ModelEndpoint First)>();
        foreach (var (message, endpoint) in group.Members)
        {
            var weight = (message.LoadBalancingWeight ?? 1) * networks.WeightScale;
            var gateways = IsNear(proxy.Network, endpoint.Network) ? default : networks.For(endpoint.Network, endpoint.ClusterId);
            if (gateways.IsEmpty)
            {
                // A workload without an address can only be reached through a gateway.
                if (endpoint.Address.Length > 0)
                {
                    message.LoadBalancingWeight = weight;
                    result.Members.Add((message, endpoint));
                }

                continue;
            }

            if (!UsesMutualTls(message))
            {
                continue;
            }

            foreach (var gateway in gateways)
            {
                var known = behind.GetValueOrDefault(gateway, (0, endpoint));
                behind[gateway] = (known.Item1 + (weight / (uint)gateways.Count), known.Item2);
            }
        }

        foreach (var (gateway, (weight, first)) in behind.OrderBy(g => g.Key.Address, StringComparer.Ordinal).ThenBy(g => g.Key.Port))
        {
            result.Members.Add((Build(gateway, (uint)Math.Min(uint.MaxValue, weight)), first));
        }

        return result;
    }

    /// <summary>Whether both are in one network; an unknown network is every network.</summary>
    private static bool IsNear(string a, string b) => a.Length == 0 || b.Length == 0 || a == b;

    private static bool UsesMutualTls(LbEndpoint endpoint) =>
        endpoint.Metadata.FilterMetadata.ContainsKey(EndpointMetadata.TransportSocketMatch);

    private static LbEndpoint Build(NetworkGateway gateway, uint weight)
    {
        var result = new LbEndpoint
        {
            Endpoint = new() { Address = Protobuf.SocketAddress(gateway.Address, gateway.Port) },
            LoadBalancingWeight = weight,
            HealthStatus = Envoy.Config.Core.V3.HealthStatus.Healthy,
            Metadata = new(),
        };
        ConfigReference.Istio(result.Metadata).Fields["workload"] = Value.ForString($";;;;{gateway.ClusterId}");
        result.Metadata.FilterMetadata[EndpointMetadata.TransportSocketMatch] = Protobuf.StructOf(("tlsMode", Value.ForString(MutualMode)));
        return result;
    }
}
