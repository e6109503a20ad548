using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.ServiceEntries;
using Lateen.Model.Services;
using Lateen.Translation.Names;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Services and endpoints: out of ServiceEntries, WorkloadEntries and Kubernetes.</summary>
internal static class ServiceKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["serviceentry-services"] = Services,
        ["serviceentry-instances"] = c => Instances(c, []),
        ["workloadentry-instances"] = WorkloadEntry,
        ["auto-allocate-ip"] = AutoAllocate,
        ["kube-protocol"] = KubernetesPort,
        ["kube-protocol-2"] = c => KindChecks.Compare(
            (string)c.Expected!["expectedProto"]!,
            Name(Protocols.OfKubernetesPort(0, (string?)c.Inputs["portName"] ?? "", (string?)c.Inputs["proto"] ?? "TCP", (string?)c.Inputs["appProto"]))),
        ["cluster-local"] = c => KindChecks.Compare(
            (bool)c.Expected!["expected"]!,
            new ClusterLocalHosts(MeshConfigDecoder.Decode(JsonTree.From(c.Inputs["m"])).Value ?? MeshConfig.Default, "cluster.local")
                .Contains((string)c.Inputs["host"]!)),
        ["nds"] = NameTable,
    };

    /// <summary>The names that the corpus writes.</summary>
    private static string Name(Protocol protocol) => protocol.Name();

    private static CaseResult Services(ConformanceCase c)
    {
        var entry = KindMesh.Config<ServiceEntryConfig>(c.Inputs["externalSvc"]);
        var actual = ServiceEntryConversion.Services(entry).Select(s => Full(s)).ToList();
        return KindChecks.CompareSet(c.Expected!["services"]!.AsArray().Select(s => Full(NeutralServices.Read((JsonObject)s!))), actual);
    }

    private static string Full(Service s) =>
        $"{s.Namespace}/{s.Hostname} {s.Address} {s.Resolution} external={s.MeshExternal} created={s.CreationTime:O} "
        + $"labels={string.Join(",", s.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"))} "
        + string.Join(",", s.Ports.Select(p => $"{p.Name}:{p.Number}:{Name(p.Protocol)}"));

    private static CaseResult WorkloadEntry(ConformanceCase c)
    {
        var entry = KindMesh.Config<ServiceEntryConfig>(c.Inputs["se"]);
        var spec = (JsonObject)c.Inputs["wle"]!;
        return Instances(c, [KindMesh.Config<WorkloadEntryConfig>("networking.istio.io/v1alpha3", "WorkloadEntry", spec, entry.Meta.Namespace)]);
    }

    private static CaseResult Instances(ConformanceCase c, IReadOnlyList<IIstioConfig> more)
    {
        var entry = KindMesh.Config<ServiceEntryConfig>(c.Inputs["externalSvc"] ?? c.Inputs["se"]);
        var (services, shards) = ServiceEntryConversion.Convert(
            new MeshInputs { Configs = [entry, .. more] }, [entry], more.OfType<WorkloadEntryConfig>().ToEquatableArray());
        var actual = services.DistinctBy(s => s.Key).SelectMany(s => shards.Where(shard => shard.Service == s.Key)
            .SelectMany(shard => (IEnumerable<Endpoint>)shard.Endpoints)
            .Select(e => Text(s.Hostname, s.Ports.First(p => p.Name == e.ServicePortName), e)));
        var addresses = Math.Max(1, entry.Addresses.Count);
        var expected = c.Expected!["out"]!.AsArray().Select(e => Text(e!)).ToList();

        // The reference counts an instance for each address of the service; endpoints are the same for all of them.
        return KindChecks.CompareSet(addresses > 1 ? expected.Distinct() : expected, addresses > 1 ? actual.Distinct() : actual);
    }

    private static string Text(string host, ServicePort port, Endpoint e) =>
        $"{host} {port.Name}:{port.Number}:{Name(port.Protocol)} {e.Address}:{e.Port} {e.TlsMode} "
        + string.Join(",", e.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    private static string Text(JsonNode instance)
    {
        var port = instance["servicePort"]!;
        var endpoint = instance["endpoint"]!;
        var labels = (endpoint["labels"] as JsonObject ?? []).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}");
        return $"{instance["service"]} {port["name"]}:{port["port"]}:{Name(Protocols.Parse((string)port["protocol"]!))} "
            + $"{endpoint["address"]}:{endpoint["endpointPort"] ?? 0} {endpoint["tlsMode"]} {string.Join(",", labels)}";
    }

    private static CaseResult AutoAllocate(ConformanceCase c)
    {
        var services = c.Inputs["inServices"]!.AsArray().Select(s => NeutralServices.Read((JsonObject)s!) with
        {
            Namespace = (string?)s!["namespace"] ?? "",
        }).ToList();
        return KindChecks.CompareSet(
            c.Expected!["wantServices"]!.AsArray().Select(s => $"{s!["hostname"]} {s["autoAllocatedIPv4"]} {s["autoAllocatedIPv6"]}"),
            AutoAllocation.Assign(services).Select(s =>
                $"{s.Hostname} {(s.AutoAllocatedAddresses.IsEmpty ? "" : s.AutoAllocatedAddresses[0])} {(s.AutoAllocatedAddresses.IsEmpty ? "" : s.AutoAllocatedAddresses[1])}"));
    }

    private static CaseResult KubernetesPort(ConformanceCase c)
    {
        var port = new JsonObject
        {
            ["port"] = c.Inputs["port"]?.DeepClone() ?? 0,
            // The table's rows are named by the port's name.
            ["name"] = c.Id.StartsWith("kube-protocol.row-", StringComparison.Ordinal) ? "" : c.Id["kube-protocol.".Length..],
            ["protocol"] = c.Inputs["proto"]?.DeepClone() ?? "TCP",
        };
        if ((c.Inputs["appProtocol"] ?? c.Inputs["appProto"]) is { } appProtocol)
        {
            port["appProtocol"] = appProtocol.DeepClone();
        }

        var service = ServiceDecoder.Read(
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["ports"] = new JsonArray(port) },
            },
            "cluster.local",
            "Kubernetes");
        return KindChecks.Compare((string)c.Expected!["out"]!, Name(service.Ports[0].Protocol));
    }

    private static CaseResult NameTable(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        mesh.AddYaml(c.Text(c.Settings["istioConfig"])!);
        var metadata = new JsonObject(c.Inputs["meta"]!.AsObject().Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value!.ToString())));
        var context = new Translation.ProxyContext(mesh.Build(), CaseProxy.Read(new JsonObject { ["metadata"] = metadata }));
        return KindChecks.CompareMessage(c.Expected!["expected"], NameTables.Build(context));
    }
}
