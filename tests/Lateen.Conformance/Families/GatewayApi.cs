using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Decoding;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.ControlPlane.Secrets;
using Lateen.ControlPlane.Status;
using Lateen.Model.Mesh;
using Lateen.Model.Services;
using Lateen.Translation.Secrets;

namespace Lateen.Conformance.Families;

/// <summary>Family `gateway-api`: other resources as the Gateways and VirtualServices that they stand for. Nothing is deployed for a Gateway.</summary>
public sealed class GatewayApi : IConformanceFamily
{
    private static readonly CredentialSecret Malformed = new("", "", new Dictionary<string, byte[]> { ["tls.crt"] = [.. "Hello world\n"u8], ["tls.key"] = [.. "Hello world\n"u8] });

    public string Name => "gateway-api";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "ingress" => Ingress(conformanceCase),
        "convert" => Convert(conformanceCase),
        _ => CaseResult.Skipped("gateways are not deployed by the control plane"),
    };

    private static CaseResult Convert(ConformanceCase c)
    {
        var domain = (string)c.Settings["domainSuffix"]!;
        var environment = (JsonObject)JsonNode.Parse(c.Text(c.Settings["environment"])!)!;
        var state = new MeshState(domain, "Kubernetes", ControlPlaneSettings.Default);
        var endpoints = new List<EndpointShard>();
        foreach (var service in environment["services"]!.AsArray().OfType<JsonObject>())
        {
            service["ports"] = environment["ports"]!.DeepClone();
            var read = NeutralServices.Read(service) with
            {
                ExternalAddresses = (service["clusterExternalAddresses"] as JsonObject ?? [])
                    .Select(entry => KeyValuePair.Create(entry.Key, entry.Value!.AsArray().Select(address => (string)address!).ToEquatableArray())).ToEquatableMap(),
            };
            state.Upsert(read);
            endpoints.Add(new(read.Key, [new Endpoint { Address = "10.0.0.1", Port = 8080, ServicePortName = "http" }, new Endpoint { Address = "10.0.0.1", Port = 34000, ServicePortName = "tcp" }]));
        }

        foreach (var secret in environment["secrets"]!.AsArray())
        {
            state.KubernetesGateways.SetCertificate(
                new((string)secret!["namespace"]!, (string)secret["name"]!),
                (string)secret["name"]! == "malformed" ? CertificateCheck.ProblemOf(Malformed) : null);
        }

        var documents = Documents(c.Text(c.Inputs["resources"])!);
        foreach (var document in documents)
        {
            AddGatewayApi(state, document);
        }

        var built = state.Build().Snapshot.Index.Inputs;
        return Difference(c, built.Configs) is { } wrong ? CaseResult.Failed(wrong)
            : c.Expected!["statuses"] is not { } statuses ? CaseResult.Passed
            : Statuses(state, MeshSnapshot.Build(built with { Endpoints = endpoints.DistinctBy(shard => shard.Service).ToEquatableArray() }), Documents(c.Text(statuses)!)) is { } other
            ? CaseResult.Failed(other)
            : CaseResult.Passed;
    }

    private static void AddGatewayApi(MeshState state, ConfigDocument document)
    {
        var json = Json(document);
        if (json["metadata"]!["labels"] is JsonObject labels)
        {
            foreach (var (name, value) in labels.ToList())
            {
                labels[name] = value!.ToString();
            }
        }

        // The table labels each namespace that anything is of by what its name begins with.
        var ns = document.Resource.Namespace;
        if (ns.Length > 0)
        {
            state.Upsert(new Lateen.Model.Workloads.MeshNamespace(ns, new[] { KeyValuePair.Create("istio.io/test-name-part", ns.Split('-')[0]) }.ToEquatableMap()));
        }

        if (KubernetesGatewayObjects.Knows(document.Resource.Kind))
        {
            KubernetesGatewayObjects.Read(document.Resource.Kind, json)(state.KubernetesGateways);
        }
        else
        {
            var decoded = IstioDecoder.Decode(document.Node);
            state.Upsert(decoded.Value!.Meta, decoded.Value, decoded.Problems);
        }
    }

    private static string? Statuses(MeshState state, MeshSnapshot mesh, ImmutableArray<ConfigDocument> expected)
    {
        var (status, result) = (new GatewayApiStatus(mesh, "fake"), state.KubernetesGateways.Result);
        foreach (var document in expected)
        {
            var name = document.Resource;
            JsonNode? actual = name.Kind switch
            {
                "GatewayClass" => status.OfClass(result.Classes.Single(known => known.Name == name.Name), null),
                "Gateway" => result.Gateways.FirstOrDefault(known => known.Gateway.Meta.Name == name.Name && known.Gateway.Meta.Namespace == name.Namespace) is { } gateway
                    ? status.OfGateway(gateway, result.Attached, null)
                    : null,
                _ => status.OfRoute(
                    result.Routes.Single(known => known.Route.Meta.Kind == name.Kind && known.Route.Meta.Name == name.Name && known.Route.Meta.Namespace == name.Namespace), null),
            };
            if (JsonDifference.First(Json(document)["status"], JsonNode.Parse(actual?.ToJsonString() ?? "null"), $"{name}") is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    private static CaseResult Ingress(ConformanceCase c)
    {
        var settings = c.Settings;
        var state = new MeshState((string)settings["domainSuffix"]!, "Kubernetes", ControlPlaneSettings.Default with
        {
            IngressNamespace = (string)settings["ingressNamespace"]!,
        });
        state.SetMesh(MeshConfigDecoder.Decode(JsonTree.From(settings["meshConfig"])).Value!);
        foreach (var service in (settings["services"] as JsonArray ?? []).OfType<JsonObject>())
        {
            state.Upsert(service["spec"] is null ? NeutralServices.Read(service) : ServiceDecoder.Read(service, (string)settings["domainSuffix"]!, "Kubernetes"));
        }

        foreach (var document in Documents(c.Text(c.Inputs["resources"])!))
        {
            Add(state, document, (string)settings["meshConfig"]!["ingressClass"]!);
        }

        return Difference(c, state.Build().Snapshot.Index.Inputs.Configs) is { } wrong ? CaseResult.Failed(wrong) : CaseResult.Passed;
    }

    private static string? Difference(ConformanceCase c, IEnumerable<IIstioConfig> configs)
    {
        var actual = configs.Where(config => config.Meta.Kind is "Gateway" or "VirtualService").OrderBy(Key, StringComparer.Ordinal).ToList();
        var expected = Documents(c.Text(c.Expected!["istioResources"])!)
            .Select(document => IstioDecoder.Decode(document.Node).Value!).OrderBy(Key, StringComparer.Ordinal).ToList();
        return KindsOf(expected) != KindsOf(actual) ? $"expected {KindsOf(expected)}, found {KindsOf(actual)}"
            : expected.Zip(actual).FirstOrDefault(pair => !pair.First.Equals(pair.Second)) is { First: { } first, Second: { } second }
            ? $"expected {first}, found {second}"
            : null;
    }

    private static ImmutableArray<ConfigDocument> Documents(string text) => ConfigText.Read(text, null, "default", []);

    private static JsonObject Json(ConfigDocument document)
    {
        var json = (JsonObject)JsonNode.Parse(NodeJson.Of(document.Node)!.ToJsonString())!;
        ((JsonObject)json["metadata"]!).TryAdd("namespace", document.Resource.Namespace);
        return json;
    }

    private static void Add(MeshState state, ConfigDocument document, string ingressClass)
    {
        var json = Json(document);
        switch (document.Resource.Kind)
        {
            case "Ingress":
                // The table converts whatever it is given; here only Ingresses of the mesh's class are served.
                var annotations = (JsonObject)(json["metadata"]!["annotations"] ??= new JsonObject());
                annotations.TryAdd("kubernetes.io/ingress.class", ingressClass);
                state.Ingresses.Upsert(IngressDecoder.Read(json));
                break;
            case "Service":
                state.Upsert(ServiceDecoder.Read(json, "mydomain", "Kubernetes"));
                break;
        }
    }

    private static string Key(IIstioConfig config) => config.Meta.ToString();

    private static string KindsOf(IEnumerable<IIstioConfig> configs) => string.Join(", ", configs.Select(Key));
}
