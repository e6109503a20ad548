using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Services;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>The mesh that a case of the pilot families describes.</summary>
internal sealed class CaseMesh
{
    private readonly List<IIstioConfig> _configs = [];
    private readonly List<Service> _services = [];
    private readonly List<EndpointShard> _endpoints = [];
    private readonly List<string> _unsupported = [];
    private readonly MeshConfig _mesh;
    private readonly ControlPlaneSettings _settings;
    private readonly MeshState _kubernetes;

    public CaseMesh(JsonObject settings)
    {
        _mesh = settings["meshConfig"] is { } mesh ? MeshConfigDecoder.Decode(JsonTree.From(mesh)).Value ?? MeshConfig.Default : MeshConfig.Default;
        _settings = Settings(settings["pilotEnv"] as JsonObject ?? []);
        _kubernetes = new MeshState("cluster.local", "Kubernetes", _settings);
        _kubernetes.SetMesh(_mesh);
    }

    /// <summary>Kinds that nothing reads: a case that needs them can not be judged.</summary>
    public IReadOnlyList<string> Unsupported => _unsupported;

    public void Add(IIstioConfig config) => _configs.Add(config);

    public void Add(Service service) => _services.Add(service);

    public void Add(EndpointShard shard) => _endpoints.Add(shard);

    /// <summary>Adds every object of a YAML text, Istio's and Kubernetes'.</summary>
    public void AddYaml(string text)
    {
        var problems = new List<ConfigProblem>();
        foreach (var document in ConfigText.Read(text, null, "default", problems))
        {
            Add(document.Node);
        }
    }

    /// <summary>Adds one Istio object, valid or not: what can be read of it counts.</summary>
    public void Add(ConfigNode node)
    {
        var kind = node.Member("kind")?.Text ?? "";
        var apiVersion = node.Member("apiVersion")?.Text ?? "";
        var group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        if (IstioDecoder.Knows(group, kind))
        {
            if (IstioDecoder.Decode(node).Value is { } config)
            {
                _configs.Add(config);
            }

            return;
        }

        // Parsed once more, so that numbers are numbers of JSON and not of one C# type.
        var json = (JsonObject)JsonNode.Parse(NodeJson.Of(node)!.ToJsonString())!;
        ((JsonObject)json["metadata"]!).TryAdd("namespace", "default");
        switch (kind)
        {
            case "Service":
                _kubernetes.Upsert(ServiceDecoder.Read(json, "cluster.local", "Kubernetes"));
                break;
            case "Pod":
                _kubernetes.Upsert(PodDecoder.Read(json, "Kubernetes"));
                break;
            case "EndpointSlice":
                _kubernetes.Upsert(EndpointSliceDecoder.Read(json));
                break;
            case "Endpoints":
                foreach (var slice in EndpointSliceDecoder.ReadEndpoints(json))
                {
                    _kubernetes.Upsert(slice);
                }

                break;
            case "Node":
                _kubernetes.Upsert(ClusterDecoder.ReadNode(json));
                break;
            case "Namespace":
                _kubernetes.Upsert(ClusterDecoder.ReadNamespace(json));
                break;
            case "Secret" or "ConfigMap" or "Deployment":
                break;
            default:
                _unsupported.Add(kind);
                break;
        }
    }

    public MeshSnapshot Build()
    {
        var inputs = _kubernetes.Build().Snapshot.Index.Inputs;
        return MeshSnapshot.Build(inputs with
        {
            Mesh = _mesh,
            // Resources of these cases carry no domain: short names end with the namespace.
            Domain = "",
            Settings = _settings,
            Configs = _configs.ToEquatableArray(),
            Services = [.. inputs.Services, .. _services],
            Endpoints = [.. inputs.Endpoints, .. _endpoints],
        });
    }

    private static ControlPlaneSettings Settings(JsonObject environment)
    {
        bool Flag(string name, bool otherwise) => environment[name] is { } value ? (string?)value == "true" : otherwise;
        var defaults = ControlPlaneSettings.Default;
        return defaults with
        {
            InboundPassthrough = Flag("PILOT_ENABLE_INBOUND_PASSTHROUGH", defaults.InboundPassthrough),
            TlsOnSidecarIngress = Flag("ENABLE_TLS_ON_SIDECAR_INGRESS", defaults.TlsOnSidecarIngress),
            ScopeGatewayToNamespace = Flag("PILOT_SCOPE_GATEWAY_TO_NAMESPACE", defaults.ScopeGatewayToNamespace),
            FilterGatewayClusterConfig = Flag("PILOT_FILTER_GATEWAY_CLUSTER_CONFIG", defaults.FilterGatewayClusterConfig),
            SendUnhealthyEndpoints = Flag("PILOT_SEND_UNHEALTHY_ENDPOINTS", defaults.SendUnhealthyEndpoints),
            Http10 = Flag("PILOT_HTTP10", defaults.Http10),
        };
    }
}
