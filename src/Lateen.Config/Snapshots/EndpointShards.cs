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

    public static EndpointShard Build(ObjectKey key, IEnumerable<EndpointSlice> slices, MeshObjects objects)
    {
        var name = new ServiceKey($"{key.Name}.{key.Namespace}.svc.{objects.Domain}", key.Namespace);
        var service = objects.Services.GetValueOrDefault(key);
        if (service?.ExternalName.Length > 0)
        {
            return new EndpointShard(name, service.Ports.Select(port => new Endpoint
            {
                Address = service.ExternalName, Port = port.Number, ServicePortName = port.Name, Namespace = key.Namespace, ClusterId = objects.ClusterId,
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
                        endpoints.Add(Join(endpoint, port, key.Namespace, objects));
                    }
                }
            }
        }

        return new EndpointShard(name, endpoints.ToEquatableArray());
    }

    private static Endpoint Join(SliceEndpoint endpoint, SlicePort port, string ns, MeshObjects objects)
    {
        var plain = new Endpoint
        {
            Address = endpoint.Address,
            Port = port.Number,
            ServicePortName = port.Name,
            Namespace = ns,
            ClusterId = objects.ClusterId,
            NodeName = endpoint.NodeName,
            HostName = endpoint.HostName,
            Network = objects.Networks.Of(endpoint.Address, EquatableMap<string, string>.Empty),
        };
        if (endpoint.PodName.Length == 0 || objects.Pods.Find(new ObjectKey(ns, endpoint.PodName)) is not { } pod)
        {
            return plain;
        }

        return plain with
        {
            Labels = pod.Labels,
            ServiceAccount = new SpiffeId(objects.Mesh.TrustDomain, ns, pod.ServiceAccount).ToString(),
            TlsMode = pod.Labels.Find(TlsModeLabel) ?? "disabled",
            Network = objects.Networks.Of(endpoint.Address, pod.Labels),
            Locality = objects.LocalityOf(pod),
            WorkloadName = pod.WorkloadName,
            HostName = pod.Hostname,
            Subdomain = pod.Subdomain,
        };
    }
}
