using System.Net;
using Istio.Networking.Nds.V1;
using Lateen.Model.Services;
using NameInfo = Istio.Networking.Nds.V1.NameTable.Types.NameInfo;

namespace Lateen.Translation.Names;

/// <summary>The names that the agent's DNS proxy answers without asking anybody.</summary>
/// <remarks>Istio, "DNS Proxying": services by their address, headless ones by their pods; Kubernetes' own win over ServiceEntries.</remarks>
internal static class NameTables
{
    private const string Kubernetes = "Kubernetes";

    public static NameTable Build(ProxyContext context)
    {
        var table = new NameTable();
        foreach (var service in context.Scope.Egress.SelectMany(e => (IEnumerable<Service>)e.Services))
        {
            var addresses = Addresses(context, service, table);
            if (addresses.Count == 0 || (service.Registry != Registry.Kubernetes && IsOfKubernetes(table, service.Hostname)))
            {
                continue;
            }

            table.Table[service.Hostname] = Info(service, service.Name, addresses);
        }

        return table;
    }

    private static bool IsOfKubernetes(NameTable table, string host) =>
        table.Table.TryGetValue(host, out var existing) && existing.Registry == Kubernetes;

    private static List<string> Addresses(ProxyContext context, Service service, NameTable table)
    {
        var address = context.AddressOf(service);
        if (address != Service.UnspecifiedAddress)
        {
            // A range of addresses is no answer to a question for one.
            return IPAddress.TryParse(address, out _) ? [address] : [];
        }

        return service.IsHeadless && !service.Ports.IsEmpty ? Pods(context, service, table) : [];
    }

    /// <summary>The pods of a headless service; those with a hostname get a name of their own.</summary>
    private static List<string> Pods(ProxyContext context, Service service, NameTable table)
    {
        var proxy = context.Proxy;
        var addresses = new List<string>();
        foreach (var endpoint in context.Snapshot.EndpointsOf(service, service.Ports[0]))
        {
            var near = proxy.ClusterId.Length == 0 || endpoint.ClusterId.Length == 0 || proxy.ClusterId == endpoint.ClusterId;
            if (endpoint.HostName.Length > 0 && endpoint.Subdomain.Length > 0)
            {
                var shortName = $"{endpoint.HostName}.{endpoint.Subdomain}";
                var dot = service.Hostname.IndexOf('.', StringComparison.Ordinal);
                var host = shortName + service.Hostname[dot..];

                // One pod name may be in two clusters: the proxy's own counts.
                if (near || !table.Table.ContainsKey(host))
                {
                    table.Table[host] = Info(service, shortName, [endpoint.Address]);
                }
            }

            // A pod of another network is not reached at its address, whatever its name resolves to.
            var reachable = proxy.Network.Length == 0 || endpoint.Network.Length == 0 || proxy.Network == endpoint.Network;
            if (reachable && (near || context.Settings.MultiClusterHeadless))
            {
                addresses.Add(endpoint.Address);
            }
        }

        return addresses;
    }

    private static NameInfo Info(Service service, string shortName, IEnumerable<string> addresses)
    {
        var info = new NameInfo { Registry = service.Registry == Registry.Kubernetes ? Kubernetes : "External" };
        if (service.Registry == Registry.Kubernetes)
        {
            info.Shortname = shortName;
            info.Namespace = service.Namespace;
        }

        info.Ips.AddRange(addresses);
        return info;
    }
}
