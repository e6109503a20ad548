using System.Net;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Inspection.ProxyConfig;
using Lateen.Inspection.Trace;

namespace Lateen.Cli.Commands.Trace;

/// <summary>The cluster as a trace looks at it: pods and services of one moment, proxies' pages when they are needed.</summary>
internal sealed class TraceCluster(ClusterAccess access, IReadOnlyList<JsonObject> pods, IReadOnlyList<JsonObject> services)
{
    public static async Task<TraceCluster> ReadAsync(ClusterAccess access, CancellationToken cancellation) => new(
        access,
        (await access.Client.ListAsync(ResourceTypes.Pods, ObjectSelector.All, cancellation)).Items,
        (await access.Client.ListAsync(ResourceTypes.Services, ObjectSelector.All, cancellation)).Items);

    public TracedPod Pod(ObjectKey key) => new(pods.FirstOrDefault(p => ObjectKey.Of(p) == key) ?? throw new CommandException($"pod {key} is gone"));

    /// <summary>The running pod that has an address; null where none has.</summary>
    public TracedPod? PodAt(IPAddress address) =>
        pods.Where(p => p.Text("status", "phase") == "Running" && !p.Flag("spec", "hostNetwork")).Select(p => new TracedPod(p)).FirstOrDefault(p => p.HasAddress(address));

    /// <summary>What a host name means inside a pod.</summary>
    /// <exception cref="CommandException">Nobody knows it.</exception>
    public async Task<ResolvedHost> ResolveAsync(string host, string ns, CancellationToken cancellation)
    {
        if (ServiceNames.Resolve(host, ns, services, pods) is { } found)
        {
            return found;
        }

        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellation);
            return new ResolvedHost(addresses[0], "No service has this name; it is the address that this machine's resolver gives.");
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new CommandException($"{host} is no service that a pod of namespace {ns} can name, and this machine can not resolve it ({e.Message}); name its address with --address", e);
        }
    }

    /// <summary>What the node makes of a service's address: the port of one of its pods; null where the address is no service's.</summary>
    public (IPEndPoint? Endpoint, string Service)? Behind(IPEndPoint destination)
    {
        JsonObject? service = services.FirstOrDefault(s => AddressesOf(s).Contains(destination.Address.ToString()));
        if (service is null)
        {
            return null;
        }

        JsonObject? port = service.Items("spec", "ports").FirstOrDefault(p => p.Number("port") == destination.Port);
        TracedPod? pod = port is null ? null : pods.Where(p => p.Text("status", "phase") == "Running").Select(p => new TracedPod(p)).FirstOrDefault(p => p.IsSelectedBy(service));
        IPEndPoint? endpoint = pod is { Address: { } address } && pod.PortOf(port!) is { } number ? new IPEndPoint(address, number) : null;
        return (endpoint, ObjectKey.Of(service).ToString());
    }

    /// <summary>The port of a gateway's pod that stands behind a port of its service.</summary>
    public int GatewayPort(TracedPod gateway, int port) =>
        services.Where(gateway.IsSelectedBy).SelectMany(s => s.Items("spec", "ports")).Where(p => p.Number("port") == port).Select(gateway.PortOf).FirstOrDefault() ?? port;

    public async Task<(ConfigDump Dump, string Clusters)> ProxyAsync(ObjectKey pod, CancellationToken cancellation)
    {
        string name = $"{pod.Name}.{pod.Namespace}";
        return (ConfigDump.Parse(await access.AdminPageAsync(name, "config_dump", cancellation)), await access.AdminPageAsync(name, "clusters?format=json", cancellation));
    }

    private static IEnumerable<string> AddressesOf(JsonObject service) =>
        service.Items("status", "loadBalancer", "ingress").Select(i => i.Text("ip")).Append(service.Text("spec", "clusterIP"));
}
