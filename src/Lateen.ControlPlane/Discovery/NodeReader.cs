using System.Net;
using Google.Protobuf;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Mesh;
using Lateen.Model;
using Lateen.Model.Workloads;
using EnvoyNode = Envoy.Config.Core.V3.Node;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Reads what a proxy says of itself in its first request.</summary>
/// <remarks>Node id: `type~ip~name~domain`; metadata keys are those of Istio's agent (control plane sheet, 2.1).</remarks>
internal static class NodeReader
{
    /// <exception cref="FormatException">The id has another form, or no address is given.</exception>
    public static ProxyNode Read(EnvoyNode node)
    {
        var parts = node.Id.Split('~');
        if (parts.Length != 4)
        {
            throw new FormatException($"node id \"{node.Id}\" is not TYPE~IP~NAME~DOMAIN");
        }

        var metadata = node.Metadata is null ? [] : (JsonObject)JsonNode.Parse(JsonFormatter.Default.Format(node.Metadata))!;
        var addresses = Addresses(metadata.Text("INSTANCE_IPS"), parts[1]);
        if (addresses.IsEmpty)
        {
            throw new FormatException($"node id \"{node.Id}\" and INSTANCE_IPS hold no IP address");
        }

        var dot = parts[2].LastIndexOf('.');
        return new ProxyNode
        {
            Id = parts[2],
            Type = TypeOf(parts[0]),
            Addresses = addresses,
            DnsDomain = parts[3],
            Namespace = metadata.Text("NAMESPACE") is { Length: > 0 } ns ? ns : dot < 0 ? "" : parts[2][(dot + 1)..],
            Labels = metadata.Pairs("LABELS").ToEquatableMap(),
            Metadata = metadata
                .Select(entry => KeyValuePair.Create(entry.Key, entry.Value is JsonValue value && value.TryGetValue(out string? text) ? text : entry.Value?.ToJsonString() ?? ""))
                .ToEquatableMap(),
            Locality = LocalityOf(node),
            Network = metadata.Text("NETWORK"),
            NetworkView = metadata.Text("REQUESTED_NETWORK_VIEW").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .ToEquatableArray(),
            ClusterId = metadata.Text("CLUSTER_ID"),
            IstioVersion = metadata.Text("ISTIO_VERSION"),
            InterceptionMode = metadata.Text("INTERCEPTION_MODE") switch
            {
                "TPROXY" => InterceptionMode.Tproxy,
                "NONE" => InterceptionMode.None,
                _ => InterceptionMode.Redirect,
            },
            ProxyConfig = metadata["PROXY_CONFIG"] is JsonObject config ? ProxyConfigDecoder.Decode(JsonTree.From(config)).Value : null,
            PodPorts = Ports(metadata["POD_PORTS"]),
            ServiceAccount = metadata.Text("SERVICE_ACCOUNT"),
            Cluster = node.Cluster,
            NodeName = metadata.Text("NODE_NAME"),
        };
    }

    /// <summary>The proxy with what the mesh knows of its pod: labels and locality, which may change while it is connected.</summary>
    public static ProxyNode Recognise(ProxyNode proxy, MeshSnapshot mesh)
    {
        if (mesh.Workloads.At(proxy.Address) is not { } pod || pod.Namespace != proxy.Namespace)
        {
            return proxy;
        }

        var locality = !pod.Locality.IsNone ? pod.Locality : mesh.Index.Node(pod.NodeName)?.Locality ?? proxy.Locality;
        return proxy with
        {
            Labels = pod.Labels.IsEmpty ? proxy.Labels : pod.Labels,
            Locality = locality.IsNone ? proxy.Locality : locality,
            PodPorts = proxy.PodPorts.IsEmpty ? pod.Ports : proxy.PodPorts,
            ServiceAccount = proxy.ServiceAccount.Length > 0 ? proxy.ServiceAccount : pod.ServiceAccount,
        };
    }

    private static ProxyType TypeOf(string text) => text switch
    {
        "sidecar" => ProxyType.Sidecar,
        "router" => ProxyType.Router,
        "waypoint" => ProxyType.Waypoint,
        "ztunnel" => ProxyType.Ztunnel,
        _ => throw new FormatException($"\"{text}\" is no proxy type; sidecar and router are"),
    };

    private static EquatableArray<string> Addresses(string instanceIps, string ip) =>
        (instanceIps.Length > 0 ? instanceIps.Split(',') : [ip]).Where(text => IPAddress.TryParse(text, out _)).ToEquatableArray();

    private static Locality LocalityOf(EnvoyNode node) =>
        node.Locality is null ? Locality.None : new Locality(node.Locality.Region, node.Locality.Zone, node.Locality.SubZone);

    private static EquatableArray<ContainerPort> Ports(JsonNode? ports)
    {
        // The agent passes the list as JSON text; a client that sends a list means the same.
        if (ports is JsonValue value && value.TryGetValue(out string? text))
        {
            try
            {
                ports = JsonNode.Parse(text);
            }
            catch (System.Text.Json.JsonException)
            {
                return [];
            }
        }

        return ports.Items()
            .Select(port => new ContainerPort(
                port.Text("name"), (int)(port.Number("containerPort") ?? 0), port.Text("protocol") is { Length: > 0 } transport ? transport : "TCP"))
            .ToEquatableArray();
    }
}
