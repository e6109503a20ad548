using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;
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
    private readonly Dictionary<string, string> _keySets = [];
    private readonly MeshConfig _mesh;
    private readonly ControlPlaneSettings _settings;
    private readonly Dictionary<string, MeshState> _clusters = [];
    private readonly string _configCluster;
    private readonly EquatableArray<MeshNetwork> _networks;

    /// <summary>Gateways that a case names beside those of its objects.</summary>
    public EquatableArray<NetworkGateway> NetworkGateways { get; set; }

    /// <summary>The suffix of service names. Resources of most cases carry no domain: their short names end with the namespace.</summary>
    public string Domain { get; init; } = "";

    public CaseMesh(JsonObject settings)
    {
        _mesh = settings["meshConfig"] is { } mesh ? MeshConfigDecoder.Decode(JsonTree.From(mesh)).Value ?? MeshConfig.Default : MeshConfig.Default;
        _settings = Settings(settings["pilotEnv"] as JsonObject ?? []);
        _networks = settings["meshNetworks"] is { } networks ? MeshNetworksDecoder.Decode(JsonTree.From(networks)).Value!.Networks : [];
        _configCluster = (string?)settings["localCluster"] ?? "Kubernetes";
        _ = Cluster(_configCluster);
    }

    /// <summary>Kinds that nothing reads: a case that needs them can not be judged.</summary>
    public IReadOnlyList<string> Unsupported => _unsupported;

    public void Add(IIstioConfig config) => _configs.Add(config);

    public void Add(Service service) => _services.Add(service);

    public void Add(EndpointShard shard) => _endpoints.Add(shard);

    /// <summary>A JSON Web Key Set that the control plane has fetched.</summary>
    public void AddKeySet(string source, string keys) => _keySets[source] = keys;

    /// <summary>Adds every object of a YAML text, Istio's and Kubernetes'.</summary>
    /// <param name="text">The documents.</param>
    /// <param name="cluster">The cluster that they are of; null = the one that holds the configuration.</param>
    public void AddYaml(string text, string? cluster = null)
    {
        var problems = new List<ConfigProblem>();
        foreach (var document in ConfigText.Read(text, null, "default", problems))
        {
            Add(document.Node, cluster);
        }

        // The corpus has machines without a head: only their status is left.
        foreach (var headless in YamlTree.Read(text, "", []).Where(d => d.Member("kind") is null && d.Member("status") is not null))
        {
            var node = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "node" }, ["status"] = NodeJson.Of(headless.Member("status")!) };
            Cluster(cluster ?? _configCluster).Upsert(ClusterDecoder.ReadNode(node));
        }
    }

    /// <summary>Adds one Istio object, valid or not: what can be read of it counts.</summary>
    public void Add(ConfigNode node, string? cluster = null)
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
        var id = cluster ?? _configCluster;
        var state = Cluster(id);
        switch (kind)
        {
            case "Service":
                state.Upsert(ServiceDecoder.Read(json, "cluster.local", id));
                break;
            case "Pod":
                state.Upsert(PodDecoder.Read(json, id));
                break;
            case "EndpointSlice":
                state.Upsert(EndpointSliceDecoder.Read(json));
                break;
            case "Endpoints":
                foreach (var slice in EndpointSliceDecoder.ReadEndpoints(json))
                {
                    state.Upsert(slice);
                }

                break;
            case "Node":
                state.Upsert(ClusterDecoder.ReadNode(json));
                break;
            case "Namespace":
                state.Upsert(ClusterDecoder.ReadNamespace(json));
                break;
            case "Ingress":
                state.Ingresses.Upsert(IngressDecoder.Read(json));
                break;
            case "IngressClass":
                state.Ingresses.Upsert(IngressDecoder.ReadClass(json));
                break;
            case var known when group == GatewayNames.Group && KubernetesGatewayObjects.Knows(known):
                KubernetesGatewayObjects.Read(known, json)(state.KubernetesGateways);
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
        var clusters = _clusters.OrderByDescending(c => c.Key == _configCluster).Select(c => c.Value.Build().Snapshot.Index.Inputs);
        var inputs = JoinedClusters.Join([.. clusters]);
        return MeshSnapshot.Build(inputs with
        {
            Mesh = _mesh,
            Domain = Domain,
            Networks = _networks,
            ServiceGateways = [.. inputs.ServiceGateways, .. NetworkGateways],
            Settings = _settings,
            KeySets = _keySets.ToEquatableMap(),
            Configs = [.. inputs.Configs, .. _configs],
            Services = [.. inputs.Services, .. _services],
            Endpoints = [.. inputs.Endpoints, .. _endpoints],
        });
    }

    private MeshState Cluster(string id)
    {
        if (!_clusters.TryGetValue(id, out var state))
        {
            _clusters[id] = state = new MeshState("cluster.local", id, _settings);
            state.SetMesh(_mesh);
            state.SetNetworks(_networks);
        }

        return state;
    }

    private static ControlPlaneSettings Settings(JsonObject environment) =>
        ControlPlaneSettingsReader.Read(name => (string?)environment[name], []) with
        {
            // Not offered to users, as the data plane does not speak Redis; what it does to clusters is there.
            RedisFilter = (string?)environment["PILOT_ENABLE_REDIS_FILTER"] == "true",
        };
}
