using System.Net;
using Lateen.Model.Networking;
using Lateen.Model.Networks;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Model.ServiceEntries;

/// <summary>Makes services and endpoints of ServiceEntries: inline endpoints, and the pods and WorkloadEntries that they select.</summary>
internal static class ServiceEntryConversion
{
    public static (List<Service> Services, List<EndpointShard> Endpoints) Convert(
        MeshInputs inputs, EquatableArray<ServiceEntryConfig> entries, EquatableArray<WorkloadEntryConfig> workloadEntries)
    {
        var services = new List<Service>();
        var endpoints = new Dictionary<ServiceKey, List<Endpoint>>();
        var networks = new NetworkMap(inputs.Networks, inputs.ClusterNetwork);
        foreach (var (key, added) in WorkloadEntryEndpoints.OfKubernetes(inputs, workloadEntries, networks))
        {
            endpoints[key] = added;
        }

        foreach (var entry in entries)
        {
            var made = Services(entry);
            services.AddRange(made);
            foreach (var service in made.DistinctBy(s => s.Key))
            {
                if (!endpoints.TryGetValue(service.Key, out var list))
                {
                    endpoints[service.Key] = list = [];
                }

                list.AddRange(Endpoints(entry, service, inputs, workloadEntries, networks));
            }
        }

        return (AutoAllocation.Assign(services), [.. endpoints.Select(e => new EndpointShard(e.Key, e.Value.ToEquatableArray()))]);
    }

    /// <summary>One service for each host and address.</summary>
    internal static List<Service> Services(ServiceEntryConfig entry)
    {
        var ports = entry.Ports.Select(p => new ServicePort
        {
            Name = p.Name,
            Number = p.Number,
            TargetPort = p.TargetPort,
            Protocol = Protocols.Parse(p.Protocol),
        }).ToEquatableArray();
        var resolution = entry.Resolution switch
        {
            ServiceEntryResolution.Static => Resolution.Static,
            ServiceEntryResolution.Dns => Resolution.Dns,
            ServiceEntryResolution.DnsRoundRobin => Resolution.DnsRoundRobin,
            _ => Resolution.Passthrough,
        };
        var result = new List<Service>();
        foreach (var host in entry.Hosts)
        {
            IEnumerable<string> addresses = entry.Addresses.IsEmpty ? [""] : entry.Addresses;
            foreach (var address in addresses)
            {
                if (Normalise(address) is not { } vip)
                {
                    continue;
                }

                result.Add(new Service
                {
                    Hostname = host,
                    Name = host,
                    Namespace = entry.Meta.Namespace,
                    Registry = Registry.External,
                    Addresses = vip.Length == 0 ? [] : [vip],
                    Ports = ports,
                    Resolution = resolution,
                    MeshExternal = entry.Location == ServiceEntryLocation.MeshExternal,
                    ExportTo = entry.ExportTo,
                    Labels = entry.Meta.Labels,
                    Selector = entry.WorkloadSelector?.MatchLabels ?? EquatableMap<string, string>.Empty,
                    CreationTime = entry.Meta.CreationTimestamp,
                    ResourceVersion = entry.Meta.ResourceVersion,
                    ServiceAccounts = entry.SubjectAltNames,
                });
            }
        }

        return result;
    }

    private static IEnumerable<Endpoint> Endpoints(
        ServiceEntryConfig entry,
        Service service,
        MeshInputs inputs,
        EquatableArray<WorkloadEntryConfig> workloadEntries,
        NetworkMap networks)
    {
        if (entry.WorkloadSelector is { MatchLabels.IsEmpty: false } selector)
        {
            return Selected(entry, service, selector, inputs, workloadEntries, networks);
        }

        if (entry.Endpoints.IsEmpty && service.Resolution is Resolution.Dns or Resolution.DnsRoundRobin && entry.Endpoints.IsEmpty)
        {
            // Without endpoints the host itself is resolved.
            return entry.Ports.Select(p => new Endpoint
            {
                Address = service.Hostname,
                Port = p.TargetPort != 0 ? p.TargetPort : p.Number,
                ServicePortName = p.Name,
                Labels = EquatableMap<string, string>.Empty,
                TlsMode = "disabled",
                Namespace = entry.Meta.Namespace,
                ClusterId = inputs.ClusterId,
            });
        }

        return entry.Endpoints.SelectMany(e =>
            OfSpec(e, e.Labels, entry, inputs, networks, entry.Meta.Namespace, workloadName: ""));
    }

    private static IEnumerable<Endpoint> Selected(
        ServiceEntryConfig entry,
        Service service,
        WorkloadSelector selector,
        MeshInputs inputs,
        EquatableArray<WorkloadEntryConfig> workloadEntries,
        NetworkMap networks)
    {
        foreach (var workloadEntry in workloadEntries)
        {
            var labels = WorkloadEntryEndpoints.LabelsOf(workloadEntry);
            if (workloadEntry.Meta.Namespace == entry.Meta.Namespace && workloadEntry.Healthy && selector.Matches(labels))
            {
                foreach (var endpoint in OfSpec(
                    workloadEntry.Spec, labels, entry, inputs, networks, workloadEntry.Meta.Namespace, workloadEntry.Meta.Name))
                {
                    yield return endpoint;
                }
            }
        }

        // DNS names are resolved by the proxy: pods have none.
        if (service.Resolution is Resolution.Dns or Resolution.DnsRoundRobin)
        {
            yield break;
        }

        foreach (var pod in inputs.Workloads)
        {
            if (pod.Namespace != entry.Meta.Namespace || !pod.Ready || pod.Addresses.IsEmpty || !selector.Matches(pod.Labels))
            {
                continue;
            }

            foreach (var port in entry.Ports)
            {
                yield return OfPod(pod, port, inputs, networks);
            }
        }
    }

    private static Endpoint OfPod(Workload pod, GatewayPort port, MeshInputs inputs, NetworkMap networks) => new()
    {
        Address = pod.Addresses[0],
        Port = port.TargetPort != 0 ? port.TargetPort : port.Number,
        ServicePortName = port.Name,
        Labels = pod.Labels,
        ServiceAccount = pod.ServiceAccount.Length == 0
            ? ""
            : $"spiffe://{inputs.Mesh.TrustDomain}/ns/{pod.Namespace}/sa/{pod.ServiceAccount}",
        TlsMode = pod.Labels.Find("security.istio.io/tlsMode") ?? "disabled",
        Network = pod.Network.Length > 0
            ? pod.Network
            : networks.Of(pod.Addresses[0], pod.Labels, pod.ClusterId.Length == 0 ? inputs.ClusterId : pod.ClusterId),
        ClusterId = pod.ClusterId.Length == 0 ? inputs.ClusterId : pod.ClusterId,
        Locality = pod.Locality,
        WorkloadName = pod.WorkloadName,
        Namespace = pod.Namespace,
        NodeName = pod.NodeName,
    };

    private static IEnumerable<Endpoint> OfSpec(
        WorkloadEntrySpec spec,
        EquatableMap<string, string> labels,
        ServiceEntryConfig entry,
        MeshInputs inputs,
        NetworkMap networks,
        string @namespace,
        string workloadName)
    {
        var general = WorkloadEntryEndpoints.Of(spec, labels, inputs, networks) with { Namespace = @namespace, WorkloadName = workloadName };
        foreach (var port in entry.Ports)
        {
            yield return general with
            {
                Port = WorkloadEntryEndpoints.IsUnix(spec) ? 0
                    : spec.Ports.TryGetValue(port.Name, out var own) ? own
                    : port.TargetPort != 0 ? port.TargetPort : port.Number,
                ServicePortName = port.Name,
                ServiceAccount = WorkloadEntryEndpoints.Identity(spec, @namespace, inputs),
            };
        }
    }

    /// <summary>An address as it is used: a CIDR of one address is that address; null when it is neither.</summary>
    private static string? Normalise(string address)
    {
        if (address.Length == 0)
        {
            return "";
        }

        var slash = address.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return IPAddress.TryParse(address, out var single) ? single.ToString() : null;
        }

        if (!IPAddress.TryParse(address.AsSpan(0, slash), out var ip) || !int.TryParse(address.AsSpan(slash + 1), out var bits))
        {
            return null;
        }

        var full = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32;
        return bits == full ? ip.ToString() : address;
    }
}
