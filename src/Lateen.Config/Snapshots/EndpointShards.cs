using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Security;

namespace Lateen.Config.Snapshots;

/// <summary>Joins the slices of a Service with the pods behind them.</summary>
internal static class EndpointShards
{
    private const string TlsModeLabel = "security.istio.io/tlsMode";

    public static EndpointShard Build(
        ObjectKey key, Service? service, IEnumerable<EndpointSlice> slices, MeshState state, string domain, string clusterId)
    {
        var name = new ServiceKey($"{key.Name}.{key.Namespace}.svc.{domain}", key.Namespace);
        if (service?.ExternalName.Length > 0)
        {
            return new EndpointShard(name, service.Ports.Select(port => new Endpoint
            {
                Address = service.ExternalName, Port = port.Number, ServicePortName = port.Name, Namespace = key.Namespace, ClusterId = clusterId,
            }).ToEquatableArray());
        }

        var seen = new HashSet<(string, int, string)>();
        var endpoints = new List<Endpoint>();
        foreach (var slice in slices.OrderBy(slice => slice.Name, StringComparer.Ordinal))
        {
            foreach (var port in slice.Ports)
            {
                foreach (var endpoint in slice.Endpoints)
                {
                    var usable = endpoint.Ready || service?.PublishNotReadyAddresses == true;
                    if (usable && seen.Add((endpoint.Address, port.Number, port.Name)))
                    {
                        endpoints.Add(Join(endpoint, port, key.Namespace, state, clusterId));
                    }
                }
            }
        }

        return new EndpointShard(name, endpoints.ToEquatableArray());
    }

    private static Endpoint Join(SliceEndpoint endpoint, SlicePort port, string ns, MeshState state, string clusterId)
    {
        var plain = new Endpoint
        {
            Address = endpoint.Address,
            Port = port.Number,
            ServicePortName = port.Name,
            Namespace = ns,
            ClusterId = clusterId,
            NodeName = endpoint.NodeName,
            HostName = endpoint.HostName,
            Network = state.NetworkOf(endpoint.Address, EquatableMap<string, string>.Empty),
        };
        if (endpoint.PodName.Length == 0 || state.FindPod(ns, endpoint.PodName) is not { } pod)
        {
            return plain;
        }

        return plain with
        {
            Labels = pod.Labels,
            ServiceAccount = new SpiffeId(state.Mesh.TrustDomain, ns, pod.ServiceAccount).ToString(),
            TlsMode = pod.Labels.Find(TlsModeLabel) ?? "disabled",
            Network = state.NetworkOf(endpoint.Address, pod.Labels),
            Locality = state.LocalityOf(pod),
            WorkloadName = pod.WorkloadName,
            HostName = pod.Hostname,
            Subdomain = pod.Subdomain,
        };
    }
}
