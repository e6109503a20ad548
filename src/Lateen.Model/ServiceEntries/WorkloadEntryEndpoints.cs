using Lateen.Model.Networking;
using Lateen.Model.Networks;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Model.ServiceEntries;

/// <summary>Endpoints out of WorkloadEntries, also for the Kubernetes services that select them.</summary>
internal static class WorkloadEntryEndpoints
{
    private const string UnixPrefix = "unix://";

    /// <summary>The WorkloadEntries that Kubernetes services select: a service may be served by pods and by machines.</summary>
    public static Dictionary<ServiceKey, List<Endpoint>> OfKubernetes(
        MeshInputs inputs, EquatableArray<WorkloadEntryConfig> entries, NetworkMap networks)
    {
        var result = new Dictionary<ServiceKey, List<Endpoint>>();
        if (entries.IsEmpty)
        {
            return result;
        }

        foreach (var service in inputs.Services)
        {
            if (service.Selector.IsEmpty)
            {
                continue;
            }

            foreach (var entry in entries)
            {
                var labels = LabelsOf(entry);
                if (entry.Meta.Namespace != service.Namespace || !entry.Healthy || !LabelsMatch.IsSubset(service.Selector, labels))
                {
                    continue;
                }

                var general = Of(entry.Spec, labels, inputs, networks) with
                {
                    Namespace = entry.Meta.Namespace,
                    WorkloadName = entry.Meta.Name,
                    ServiceAccount = Identity(entry.Spec, entry.Meta.Namespace, inputs),
                };
                if (!result.TryGetValue(service.Key, out var list))
                {
                    result[service.Key] = list = [];
                }

                list.AddRange(service.Ports
                    .Select(port => (Port: port, Number: PortOf(entry.Spec, port)))
                    .Where(p => p.Number is not null)
                    .Select(p => general with { Port = IsUnix(entry.Spec) ? 0 : p.Number!.Value, ServicePortName = p.Port.Name }));
            }
        }

        return result;
    }

    /// <summary>The labels of the object, those of its spec before them.</summary>
    public static EquatableMap<string, string> LabelsOf(WorkloadEntryConfig entry) => entry.Spec.Labels.IsEmpty
        ? entry.Meta.Labels
        : entry.Meta.Labels.Concat(entry.Spec.Labels).ToEquatableMap();

    public static bool IsUnix(WorkloadEntrySpec spec) => spec.Address.StartsWith(UnixPrefix, StringComparison.Ordinal);

    public static string Identity(WorkloadEntrySpec spec, string @namespace, MeshInputs inputs) => spec.ServiceAccount.Length == 0
        ? ""
        : $"spiffe://{inputs.Mesh.TrustDomain}/ns/{@namespace}/sa/{spec.ServiceAccount}";

    /// <summary>What all ports of the entry share.</summary>
    public static Endpoint Of(WorkloadEntrySpec spec, EquatableMap<string, string> labels, MeshInputs inputs, NetworkMap networks)
    {
        var cluster = labels.Find("topology.istio.io/cluster") ?? inputs.ClusterId;
        return new Endpoint
        {
            Address = IsUnix(spec) ? spec.Address[UnixPrefix.Length..] : spec.Address,
            Labels = labels,
            TlsMode = labels.Find("security.istio.io/tlsMode") ?? (spec.ServiceAccount.Length > 0 ? "istio" : "disabled"),
            Network = spec.Network.Length > 0 ? spec.Network : networks.Of(spec.Address, labels, cluster),
            ClusterId = cluster,
            Locality = spec.Locality.Length > 0 ? Locality.Parse(spec.Locality) : Locality.OfLabel(labels.Find("istio-locality"), ""),
            Weight = spec.Weight,
        };
    }

    /// <summary>The machine's port for a service's port; null when the service names one that the machine does not have.</summary>
    private static int? PortOf(WorkloadEntrySpec spec, ServicePort port)
    {
        if (port.TargetPortName.Length > 0)
        {
            return spec.Ports.TryGetValue(port.TargetPortName, out var named) ? named : null;
        }

        return spec.Ports.TryGetValue(port.Name, out var own) ? own : port.TargetPort != 0 ? port.TargetPort : port.Number;
    }
}
