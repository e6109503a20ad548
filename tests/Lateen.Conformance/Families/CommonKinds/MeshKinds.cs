using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Conformance.Families.PilotTables;
using Lateen.ControlPlane.Debug;
using Lateen.Injection.Config;
using Lateen.Injection.Schema;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Translation.Names;
using ModelEndpoint = Lateen.Model.Services.Endpoint;

namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>What settings a mesh and a proxy run with, and what names a proxy knows.</summary>
internal static class MeshKinds
{
    /// <summary>What the table of mesh-deep-merge lays its rows over; the corpus shows it in the outcomes alone.</summary>
    private const string DeepMergeDefaults =
        """
        {
          "defaultProviders": { "metrics": ["stackdriver"] },
          "extensionProviders": [{ "name": "stackdriver", "stackdriver": { "maxNumberOfAttributes": 3 } }],
          "trustDomainAliases": ["both", "default"]
        }
        """;

    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["mesh-proxyconfig-merge"] = c => KindChecks.Compare(
            Yaml(c.Expected!["result"]), Over(Yaml(c.Inputs["base"]), c.Inputs["overlay"])),
        ["mesh-deep-merge"] = c => KindChecks.Compare(
            Yaml(c.Expected!["out"]), MeshConfigPage.Over((JsonObject)JsonNode.Parse(DeepMergeDefaults)!, Yaml(c.Inputs["in"]))),
        ["agent-mesh-config"] = Effective,
        ["dns-nametable"] = Names,
    };

    /// <summary>What the agent of the reference puts together at start, the injector here: the mesh's, over it the environment's, over that the annotation.</summary>
    private static CaseResult Effective(ConformanceCase c)
    {
        var mesh = MeshSettings.Parse((string?)c.Inputs["meshConfigFile"] ?? "").ForPod([], null);
        var found = Over(Over(mesh, c.Inputs["environment"]), c.Inputs["annotation"]);
        // What no field is called is not read; the default mode is written out by the one and left unset by the other.
        var read = found.Where(field => MeshSchema.ProxyConfig.Field(field.Key) is not null && field.Key != "interceptionMode");
        return KindChecks.Compare(c.Expected!["expect"], new JsonObject(read.Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))));
    }

    private static JsonObject Over(JsonObject below, JsonNode? given) =>
        MeshSettings.Exactly(new JsonObject { ["defaultConfig"] = below.DeepClone() }).ForPod([], (string?)given);

    private static CaseResult Names(ConformanceCase c)
    {
        var isOn = (bool?)c.Inputs["enableMultiClusterHeadless"] == true;
        var mesh = new CaseMesh(new JsonObject { ["pilotEnv"] = new JsonObject { ["ENABLE_MULTICLUSTER_HEADLESS"] = isOn ? "true" : "false" } });
        var index = c.Inputs["push"]!["serviceIndex"]!;
        var services = index["public"]!.AsArray().Select(service => NeutralServices.Read((JsonObject)service!)).ToList();
        services.ForEach(mesh.Add);
        foreach (var service in services.DistinctBy(s => s.Key))
        {
            var instances = index["instancesByPort"]?[$"{service.Namespace}/{service.Hostname}"] as JsonObject ?? [];
            mesh.Add(new EndpointShard(service.Key, instances.SelectMany(port => port.Value!.AsArray()).Select(i => Instance(i!["endpoint"]!)).ToEquatableArray()));
        }

        var proxy = (JsonObject)c.Inputs["proxy"]!.DeepClone();
        proxy["metadata"] ??= new JsonObject();
        proxy["metadata"]!["CLUSTER_ID"] ??= "";
        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(proxy));
        return KindChecks.CompareMessage(c.Expected!["expectedNameTable"], NameTables.Build(context));
    }

    private static ModelEndpoint Instance(JsonNode endpoint) => new()
    {
        Address = (string)endpoint["address"]!,
        Port = (int)endpoint["endpointPort"]!,
        ServicePortName = (string)endpoint["servicePortName"]!,
        HostName = (string?)endpoint["hostName"] ?? "",
        Subdomain = (string?)endpoint["subDomain"] ?? "",
        Network = (string?)endpoint["network"] ?? "",
        ClusterId = (string?)endpoint["locality"]?["clusterID"] ?? "",
    };

    private static JsonObject Yaml(JsonNode? text) =>
        YamlTree.Read((string?)text ?? "", "", []) is [var document, ..] ? (JsonObject)JsonNode.Parse(NodeJson.Of(document)!.ToJsonString())! : [];
}
