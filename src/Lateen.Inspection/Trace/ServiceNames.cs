using System.Net;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Trace;

/// <summary>What a host name means inside a pod.</summary>
/// <param name="Address">The address that the pod's resolver gives.</param>
/// <param name="Why">One sentence.</param>
public sealed record ResolvedHost(IPAddress Address, string Why);

/// <summary>Resolves names as the cluster's DNS does for a pod: its search path is NAMESPACE.svc.DOMAIN, svc.DOMAIN, DOMAIN.</summary>
/// <remarks>Source: Kubernetes documentation, "DNS for Services and Pods".</remarks>
public static class ServiceNames
{
    /// <summary>The host's address; null where no service has that name.</summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="services">The cluster's Services.</param>
    /// <param name="pods">Its Pods, for headless services.</param>
    /// <param name="domain">The cluster's domain.</param>
    public static ResolvedHost? Resolve(
        string host, string ns, IReadOnlyList<JsonObject> services, IReadOnlyList<JsonObject> pods, string domain = "cluster.local")
    {
        ArgumentNullException.ThrowIfNull(host);
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal))
        {
            return new ResolvedHost(literal, "It is an address.");
        }

        if (host == "localhost")
        {
            return new ResolvedHost(IPAddress.Loopback, "localhost is the pod itself.");
        }

        foreach (string name in new[] { $"{host}.{ns}.svc.{domain}", $"{host}.svc.{domain}", $"{host}.{domain}", host }.Select(n => n.TrimEnd('.')))
        {
            foreach (JsonObject service in services)
            {
                JsonObject metadata = service.Object("metadata") ?? [];
                if (name == $"{metadata.Text("name")}.{metadata.Text("namespace")}.svc.{domain}" && AddressOf(service, pods) is { } address)
                {
                    return address with { Why = $"{name} {address.Why}" };
                }
            }
        }

        return null;
    }

    private static ResolvedHost? AddressOf(JsonObject service, IReadOnlyList<JsonObject> pods)
    {
        JsonObject spec = service.Object("spec") ?? [];
        if (IPAddress.TryParse(spec.Text("clusterIP"), out IPAddress? address))
        {
            return new ResolvedHost(address, "has this ClusterIP.");
        }

        JsonObject? selector = spec.Object("selector");
        JsonObject? pod = selector is not { Count: > 0 } || spec.Text("clusterIP") != "None" ? null : pods.FirstOrDefault(p =>
            p.Object("metadata") is { } metadata && metadata.Text("namespace") == service.Object("metadata")?.Text("namespace")
            && selector.All(s => metadata.Object("labels")?[s.Key]?.ToString() == s.Value?.ToString()));
        return IPAddress.TryParse(pod?.Object("status")?.Text("podIP"), out IPAddress? own)
            ? new ResolvedHost(own, "is headless: this is the address of one of its pods.")
            : null;
    }
}
