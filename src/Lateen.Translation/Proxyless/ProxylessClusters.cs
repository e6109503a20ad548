using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Translation.Clusters;
using Lateen.Translation.Endpoints;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Proxyless;

/// <summary>A cluster as gRPC takes it: endpoints by EDS, balanced round robin or by a ring, secured by the client's certificate providers.</summary>
internal static class ProxylessClusters
{
    private const string TlsSocket = "envoy.transport_sockets.tls";
    private const string Provider = "default";

    public static Cluster? Build(ProxyContext context, string name)
    {
        if (Naming.ParseOutbound(name) is not { } parts
            || context.FindService(parts.Host) is not { } service
            || service.FindPort(parts.Port) is not { } port)
        {
            return null;
        }

        var rule = context.RuleFor(service);
        var subset = parts.Subset.Length == 0 ? null : rule?.FindSubset(parts.Subset);
        if (parts.Subset.Length > 0 && subset is null)
        {
            return null;
        }

        var policy = TrafficPolicies.Effective(rule?.Rule.TrafficPolicy, subset?.TrafficPolicy, port.Number) ?? new TrafficPolicy();
        var target = new OutboundTarget(service, port, rule?.Rule, rule?.From ?? default, subset);
        var cluster = new Cluster { Name = name };
        ApplyDiscovery(cluster, context, target, policy);
        ApplyBalancing(cluster, policy.LoadBalancer);
        if (policy.ConnectionPool?.Http is { Http2MaxRequests: > 0 } http)
        {
            // gRPC, A32: the only threshold that its clients know.
            cluster.CircuitBreakers = new() { Thresholds = { new CircuitBreakers.Types.Thresholds { MaxRequests = (uint)http.Http2MaxRequests } } };
        }

        if (policy.Tls?.Mode == ClientTlsMode.IstioMutual)
        {
            cluster.TransportSocket = MutualTls(target, policy.Tls, context);
        }

        return cluster;
    }

    private static void ApplyDiscovery(Cluster cluster, ProxyContext context, OutboundTarget target, TrafficPolicy policy)
    {
        if (target.Service.Resolution is not (Resolution.Dns or Resolution.DnsRoundRobin))
        {
            cluster.Type = Cluster.Types.DiscoveryType.Eds;
            cluster.EdsClusterConfig = new() { EdsConfig = Protobuf.Ads(), ServiceName = cluster.Name };
            return;
        }

        // gRPC, A37: a name is resolved by the client, exactly one of them.
        var assignment = LoadAssignments.Build(context, target, cluster.Name, policy);
        var first = assignment.Endpoints.SelectMany(l => l.LbEndpoints).FirstOrDefault();
        cluster.Type = Cluster.Types.DiscoveryType.LogicalDns;
        cluster.LoadAssignment = new() { ClusterName = cluster.Name };
        if (first is not null)
        {
            cluster.LoadAssignment.Endpoints.Add(new Envoy.Config.Endpoint.V3.LocalityLbEndpoints { LbEndpoints = { first } });
        }
    }

    /// <remarks>gRPC, A42: a cluster with a policy that the client does not know is refused as a whole; round robin stands in for it.</remarks>
    private static void ApplyBalancing(Cluster cluster, LoadBalancerSettings? settings)
    {
        cluster.LbPolicy = Cluster.Types.LbPolicy.RoundRobin;
        if (settings?.ConsistentHash is not { } hash)
        {
            return;
        }

        cluster.LbPolicy = Cluster.Types.LbPolicy.RingHash;
        cluster.RingHashLbConfig = new()
        {
            HashFunction = Cluster.Types.RingHashLbConfig.Types.HashFunction.XxHash,
            MinimumRingSize = hash.RingHash?.MinimumRingSize ?? hash.MinimumRingSize ?? 1024,
        };
    }

    /// <remarks>gRPC, A29: certificates come from providers that the client's bootstrap names.</remarks>
    private static TransportSocket MutualTls(OutboundTarget target, ClientTlsSettings tls, ProxyContext context)
    {
        var completed = UpstreamTls.Completed(tls, target, context);
        var tlsContext = new UpstreamTlsContext
        {
            Sni = completed.Sni,
            CommonTlsContext = new()
            {
                TlsCertificateProviderInstance = new() { InstanceName = Provider, CertificateName = Provider },
                CombinedValidationContext = new()
                {
                    DefaultValidationContext = UpstreamTls.Sans(completed.SubjectAltNames),
                },
            },
        };
        tlsContext.CommonTlsContext.CombinedValidationContext.DefaultValidationContext.CaCertificateProviderInstance =
            new() { InstanceName = Provider, CertificateName = "ROOTCA" };
        return new() { Name = TlsSocket, TypedConfig = tlsContext.Pack() };
    }
}
