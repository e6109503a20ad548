using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Tests.Translation;

/// <summary>Short forms for the meshes that translation tests speak of.</summary>
internal static class MeshFixture
{
    public static EquatableMap<string, string> Labels(params (string Key, string Value)[] entries) =>
        entries.Select(e => KeyValuePair.Create(e.Key, e.Value)).ToEquatableMap();

    public static Service Service(string name, string address, params (string Name, int Number, Protocol Protocol)[] ports) => new()
    {
        Hostname = $"{name}.default.svc.cluster.local",
        Name = name,
        Namespace = "default",
        Addresses = address.Length == 0 ? [] : [address],
        Resolution = address.Length == 0 ? Resolution.Passthrough : Resolution.Static,
        Selector = Labels(("app", name)),
        Ports = ports.Select(p => new ServicePort { Name = p.Name, Number = p.Number, Protocol = p.Protocol }).ToEquatableArray(),
    };

    public static EndpointShard Endpoints(string name, params (string Address, int Port, string PortName, string Version)[] endpoints) => new(
        new($"{name}.default.svc.cluster.local", "default"),
        endpoints.Select(e => new Endpoint
        {
            Address = e.Address,
            Port = e.Port,
            ServicePortName = e.PortName,
            Labels = Labels(("app", name), ("version", e.Version)),
            Namespace = "default",
            WorkloadName = $"{name}-{e.Version}",
        }).ToEquatableArray());

    public static ConfigMeta Meta(string kind, string name) => new()
    {
        Kind = kind,
        Group = "networking.istio.io",
        Version = "v1alpha3",
        Name = name,
        Namespace = "default",
    };

    public static DestinationRuleConfig Rule(string host, params (string Name, string Version)[] subsets) => new()
    {
        Meta = Meta("DestinationRule", host),
        Host = host,
        Subsets = subsets.Select(s => new Subset(s.Name, Labels(("version", s.Version)))).ToEquatableArray(),
    };

    public static ProxyNode Sidecar(string address = "10.1.0.9") => new()
    {
        Id = "client.default",
        Addresses = [address],
        DnsDomain = "default.svc.cluster.local",
        Namespace = "default",
        ClusterId = "Kubernetes",
    };
}
