using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Services;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>Reads a Kubernetes Service; tolerant, because its API server has checked it.</summary>
public static class ServiceDecoder
{
    private const string Headless = "None";

    /// <param name="domain">DNS suffix of the cluster.</param>
    /// <param name="clusterId">The cluster that the object is of.</param>
    public static Service Read(JsonObject service, string domain, string clusterId)
    {
        var (name, ns) = (service.Name(), service.Namespace());
        var type = service.Text("spec", "type") is { Length: > 0 } given ? given : "ClusterIP";
        var external = type == "ExternalName" ? service.Text("spec", "externalName") : "";
        var addresses = Addresses(service);
        var externals = ExternalAddresses(service).ToEquatableArray();
        return new Service
        {
            Hostname = $"{name}.{ns}.svc.{domain}",
            Name = name,
            Namespace = ns,
            Registry = Registry.Kubernetes,
            Addresses = addresses,
            ClusterAddresses = addresses.IsEmpty
                ? EquatableMap<string, EquatableArray<string>>.Empty
                : new[] { KeyValuePair.Create(clusterId, addresses) }.ToEquatableMap(),
            Ports = service.Items("spec", "ports").Select(ReadPort).ToEquatableArray(),
            Resolution = external.Length > 0 ? Resolution.Dns : service.Text("spec", "clusterIP") == Headless ? Resolution.Passthrough : Resolution.Static,
            MeshExternal = external.Length > 0,
            ExportTo = ExportTo(service),
            Labels = service.Pairs("metadata", "labels").ToEquatableMap(),
            Selector = service.Pairs("spec", "selector").ToEquatableMap(),
            CreationTime = Timestamps.Creation(service),
            ResourceVersion = service.ResourceVersion(),
            Type = type,
            ExternalName = external,
            ExternalAddresses = externals.IsEmpty
                ? EquatableMap<string, EquatableArray<string>>.Empty
                : new[] { KeyValuePair.Create(clusterId, externals) }.ToEquatableMap(),
            NodePorts = NodePorts(service, clusterId),
            NodeSelector = type == "NodePort" ? NodeSelector(service) : null,
            PublishNotReadyAddresses = service.Flag("spec", "publishNotReadyAddresses"),
            NodeLocal = service.Text("spec", "internalTrafficPolicy") == "Local",
            PersistentSession = service.Labels().Text("istio.io/persistent-session") is { Length: > 0 } session ? session : null,
        };
    }

    private static EquatableArray<string> Addresses(JsonObject service)
    {
        var addresses = service.Texts("spec", "clusterIPs").Where(address => address is not ("" or Headless)).ToEquatableArray();
        if (!addresses.IsEmpty)
        {
            return addresses;
        }

        return service.Text("spec", "clusterIP") is { Length: > 0 } single && single != Headless ? [single] : [];
    }

    private static IEnumerable<string> ExternalAddresses(JsonObject service)
    {
        var balancer = service.Items("status", "loadBalancer", "ingress")
            .Select(ingress => ingress.Text("ip") is { Length: > 0 } ip ? ip : ingress.Text("hostname"));
        return service.Texts("spec", "externalIPs").Concat(balancer).Where(address => address.Length > 0);
    }

    private static EquatableArray<string> ExportTo(JsonObject service) =>
        service.Annotations().Text("networking.istio.io/exportTo")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ToEquatableArray();

    private static EquatableMap<string, EquatableMap<int, int>> NodePorts(JsonObject service, string clusterId)
    {
        var ports = service.Items("spec", "ports")
            .Where(port => port.Number("nodePort") is > 0)
            .Select(port => KeyValuePair.Create((int)(port.Number("port") ?? 0), (int)port.Number("nodePort")!))
            .ToEquatableMap();
        return ports.IsEmpty
            ? EquatableMap<string, EquatableMap<int, int>>.Empty
            : new[] { KeyValuePair.Create(clusterId, ports) }.ToEquatableMap();
    }

    private static EquatableMap<string, string>? NodeSelector(JsonObject service)
    {
        var text = service.Annotations().Text("traffic.istio.io/nodeSelector");
        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text) is JsonObject labels
                ? labels.Select(l => KeyValuePair.Create(l.Key, l.Value?.ToString() ?? "")).ToEquatableMap()
                : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static ServicePort ReadPort(JsonObject port)
    {
        var number = (int)(port.Number("port") ?? 0);
        var name = port.Text("name");
        var targetName = port.Text("targetPort");

        // A targetPort in quotes may be a number all the same.
        var target = int.TryParse(targetName, NumberStyles.None, CultureInfo.InvariantCulture, out var quoted)
            ? quoted
            : (int)(port.Number("targetPort") ?? 0);
        return new ServicePort
        {
            Name = name,
            Number = number,
            TargetPort = target > 0 || targetName.Length > 0 ? target : number,
            TargetPortName = target > 0 ? "" : targetName,
            Protocol = Protocols.OfKubernetesPort(
                number, name, port.Text("protocol"), port["appProtocol"] is null ? null : port.Text("appProtocol")),
        };
    }
}
