using System.Net;
using Istio.Networking.Nds.V1;
using Lateen.Model.Services;
using NameInfo = Istio.Networking.Nds.V1.NameTable.Types.NameInfo;

namespace Lateen.Translation.Names;

/// <summary>The names that the agent's DNS proxy answers without asking anybody.</summary>
/// <remarks>Istio, "DNS Proxying": services by their address, those without (headless, ServiceEntry NONE) by their workloads; Kubernetes' own win over ServiceEntries.</remarks>
internal static class NameTables
{
    private const string Kubernetes = "Kubernetes";

    public static NameTable Build(ProxyContext context)
    {
        var table = new NameTable();
        foreach (var service in context.Scope.Egress.SelectMany(e => (IEnumerable<Service>)e.Services))
        {
            var addresses = Addresses(context, service, table);
            if (addresses.Count == 0)
            {
                continue;
            }

            if (service.Registry == Registry.Kubernetes || !table.Table.TryGetValue(service.Hostname, out var known))
            {
                table.Table[service.Hostname] = Info(service, service.Name, addresses);
            }
            else if (known.Registry != Kubernetes)
            {
                // A ServiceEntry with several addresses is as many services of one name.
                known.Ips.AddRange(addresses.Except(known.Ips));
            }
        }

        return table;
    }

    private static List<string> Addresses(ProxyContext context, Service service, NameTable table)
    {
        var address = context.AddressOf(service);
        if (address != Service.UnspecifiedAddress)
        {
            // A range of addresses is no answer to a question for one.
            return IPAddress.TryParse(address, out _) ? [address] : [];
        }

        return service.Resolution == Resolution.Passthrough && !service.Ports.IsEmpty ? Pods(context, service, table) : [];
    }

    /// <summary>The workloads of a service without an address; pods with a hostname get a name of their own.</summary>
    private static List<string> Pods(ProxyContext context, Service service, NameTable table)
    {
        var proxy = context.Proxy;
        var addresses = new List<string>();
        foreach (var endpoint in context.Snapshot.EndpointsOf(service, service.Ports[0]))
        {
            // A pod of another network is not reached at its address, whatever its name resolves to.
            if (proxy.Network.Length > 0 && endpoint.Network.Length > 0 && proxy.Network != endpoint.Network)
            {
                continue;
            }

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

            if (near || context.Settings.MultiClusterHeadless)
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
