using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Manifests;
using Lateen.Injection.Yaml;
using Lateen.Inspection.Describe;
using Lateen.Inspection.ProxyConfig;
using Lateen.Inspection.ProxyStatus;

namespace Lateen.Conformance.Families;

/// <summary>The <c>istioctl</c> family: what the command line prints for saved dumps and debug answers.</summary>
internal sealed class Istioctl : IConformanceFamily
{
    public string Name => "istioctl";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "syncz" => Syncz(conformanceCase),
        "check-inject" => Injection.CheckInjectCases.Run(conformanceCase),
        "function" when conformanceCase.Id.StartsWith("pc-routes.domains", StringComparison.Ordinal) => Compare(
            (string)conformanceCase.Expected!["text"]!,
            RouteTable.Domains([.. ((JsonArray)conformanceCase.Inputs["domains"]!).Select(d => (string)d!)])),
        "xds-status" => XdsStatus(conformanceCase),
        "describe" => Describe(conformanceCase),
        "cli" => WorkloadGroup(conformanceCase),
        "cli-message" => CaseResult.Skipped("needs the program beside a cluster, which this runner has not"),
        _ when conformanceCase.Id.StartsWith("ztunnel", StringComparison.Ordinal) || conformanceCase.Id.StartsWith("waypoint", StringComparison.Ordinal) =>
            CaseResult.Skipped("ambient mode is no part of a sidecar mesh"),
        _ when conformanceCase.Id.StartsWith("workload-entry", StringComparison.Ordinal) =>
            WorkloadEntry(conformanceCase),
        _ => ProxyConfig(conformanceCase),
    };

    private static CaseResult WorkloadGroup(ConformanceCase conformanceCase)
    {
        string[] args = [.. ((JsonArray)conformanceCase.Settings["args"]!).Select(arg => (string)arg!)];
        string Option(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (Array.IndexOf(args, name) is >= 0 and int at)
                {
                    return args[at + 1];
                }
            }

            return "";
        }

        if (args is ["x", "workload", "entry", "configure", ..])
        {
            string? missing = WorkloadEntryFiles.Missing(Option("--file", "-f"), Option("--name"), Option("--namespace", "-n"), Option("--output", "-o"));
            return Compare((string)conformanceCase.Expected!["stdoutText"]!, $"Error: {missing}\n");
        }

        WorkloadGroupManifest manifest = new(Option("--name"), Option("--namespace", "-n"))
        {
            Labels = Option("--labels").Split(','), Annotations = Option("--annotations").Split(','), Ports = Option("--ports").Split(','),
            ServiceAccount = Option("--serviceAccount") is { Length: > 0 } account ? account : "default",
        };
        try
        {
            return Compare((string)conformanceCase.Expected!["stdoutText"]!, YamlWriter.Write(manifest.ToJson()));
        }
        catch (FormatException e)
        {
            return Compare((string)conformanceCase.Expected!["stdoutText"]!, $"Error: {e.Message}\n");
        }
    }

    private static CaseResult WorkloadEntry(ConformanceCase conformanceCase)
    {
        string[] args = [.. ((JsonArray)conformanceCase.Settings["args"]!).Select(arg => (string)arg!)];
        string Option(string name) => Array.IndexOf(args, name) is >= 0 and int at ? args[at + 1] : "";
        WorkloadEntryFiles files = WorkloadEntryFiles.Of(
            (JsonObject)Yaml(conformanceCase.Text(conformanceCase.Inputs["workloadGroup"])!)!,
            (JsonObject)Yaml(conformanceCase.Text(conformanceCase.Inputs["meshConfig"])!)!,
            new WorkloadEntryOptions("istio-system", Option("--revision"), Option("--clusterID")) { InternalIp = Option("--internalIP"), IngressIp = Option("--ingressIP") });
        JsonObject expected = (JsonObject)conformanceCase.Expected!["files"]!;
        string wanted = conformanceCase.Text(expected["cluster.env"])! + conformanceCase.Text(expected["hosts"])!.TrimEnd('\n') + "\n" + YamlWriter.Write(Sorted(Yaml(conformanceCase.Text(expected["mesh.yaml"])!)));
        return Compare(wanted, files.ClusterEnv + files.Hosts + YamlWriter.Write(Sorted(files.Mesh)));
    }

    private static JsonNode? Sorted(JsonNode? node) => node is JsonObject map
        ? new JsonObject(map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, Sorted(entry.Value))))
        : node?.DeepClone();

    private static CaseResult XdsStatus(ConformanceCase conformanceCase)
    {
        JsonObject answers = (JsonObject)JsonNode.Parse(conformanceCase.Text(conformanceCase.Inputs["debugSyncz"])!)!;
        IEnumerable<XdsStatusRow> rows = answers.SelectMany(answer => ((JsonArray)answer.Value!["resources"]!).Select(resource => XdsStatusRow.Of((JsonObject)resource!, answer.Key)));
        return Compare(conformanceCase.Text(conformanceCase.Expected!["stdout"])!, XdsStatusTable.Render(rows));
    }

    private static CaseResult Describe(ConformanceCase conformanceCase)
    {
        if (conformanceCase.Inputs["objects"] is null)
        {
            return CaseResult.Skipped("needs the program beside a cluster, which this runner has not");
        }

        JsonObject[] objects = [.. YamlTree.Read(conformanceCase.Text(conformanceCase.Inputs["objects"])!, null, []).Select(document => (JsonObject)JsonTree.ToJson(document)!)];
        JsonObject[] OfKind(string kind) => [.. objects.Where(item => (string?)item["kind"] == kind)];
        ConfigDump Dump(string pod) => ConfigDump.Parse(
            conformanceCase.Inputs["configDumps"]![pod] is JsonObject { Count: 1 } given && given["text"] is { } text ? (string)text! : conformanceCase.Text(conformanceCase.Inputs["configDumps"]![pod])!);
        string[] args = [.. ((JsonArray)conformanceCase.Settings["args"]!).Select(arg => (string)arg!)];
        JsonObject service = OfKind("Service").Single(item => (string?)item["metadata"]!["name"] == args[^1]);
        JsonObject[] gateways = [.. OfKind("Pod").Where(item => (string?)item["metadata"]!["labels"]?["istio"] == "ingressgateway")];
        DescribedMesh mesh = new(
            (string)conformanceCase.Settings["namespace"]!, "istio-system", OfKind("Service"), OfKind("DestinationRule"), OfKind("VirtualService"), [],
            [.. gateways.Select(gateway => (gateway, Dump((string)gateway["metadata"]!["name"]!)))], _ => "HTTP");
        IReadOnlyList<JsonObject> pods = ServiceDescription.PodsOf(service, OfKind("Pod"));
        ConfigDump? dump = ServiceDescription.Chosen(pods, mesh) is { } chosen ? Dump((string)chosen["metadata"]!["name"]!) : null;
        return Compare((string)conformanceCase.Expected!["stdoutText"]!, ServiceDescription.Render(service, pods, dump, mesh));
    }

    private static CaseResult ProxyConfig(ConformanceCase conformanceCase)
    {
        string[] args = [.. ((JsonArray)conformanceCase.Settings["args"]!).Select(arg => (string)arg!)];
        string Option(string name) => Array.IndexOf(args, name) is >= 0 and int at ? args[at + 1] : "";
        ConfigDump dump = ConfigDump.Parse(conformanceCase.Text(conformanceCase.Inputs["configDump"])!);
        bool json = Option("-o") is "json" or "yaml";
        EndpointFilter endpoints = new(Option("--address"), int.TryParse(Option("--port"), out int port) ? port : 0, Option("--cluster"), Option("--status"));
        string? shown = args[1] switch
        {
            "eds" => json ? AssignmentTable.RenderJson(dump, endpoints) : AssignmentTable.Render(dump, endpoints),
            "ecds" => json ? dump.Print("EcdsConfigDump") : ExtensionTable.Render(dump),
            "secret" => SecretTable.Render(dump, DateTimeOffset.UtcNow),
            "bootstrap" => BootstrapTable.Render(dump),
            _ => null,
        };
        if (shown is null)
        {
            return CaseResult.Skipped($"proxy-config {args[1]} is not there yet");
        }

        string expected = conformanceCase.Text(conformanceCase.Expected!["stdout"])!;
        return (string?)conformanceCase.Expected["compare"] switch
        {
            "json" => JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(shown)) ? CaseResult.Passed : CaseResult.Failed($"expected:\n{expected}\nfound:\n{shown}"),
            "yaml" => Compare(YamlWriter.Write(Yaml(expected)), YamlWriter.Write(JsonNode.Parse(shown))),
            _ => Compare(expected, shown),
        };
    }

    private static JsonNode? Yaml(string text) => JsonTree.ToJson(YamlTree.Read(text, null, [])[0]);

    private static CaseResult Syncz(ConformanceCase conformanceCase)
    {
        var answers = ((JsonObject)conformanceCase.Inputs["syncz"]!).ToDictionary(p => p.Key, p => p.Value!.ToJsonString());
        bool mustFail = conformanceCase.Expected!["fails"] is { } fails && (bool)fails;
        try
        {
            string table = ProxyStatusTable.Render(answers);
            return mustFail ? CaseResult.Failed("accepted an answer that is no sync status") : Compare(conformanceCase.Text(conformanceCase.Expected["stdout"])!, table);
        }
        catch (InvalidDataException e)
        {
            return mustFail ? CaseResult.Passed : CaseResult.Failed(e.Message);
        }
    }

    private static CaseResult Compare(string expected, string actual) =>
        Trimmed(expected) == Trimmed(actual) ? CaseResult.Passed : CaseResult.Failed($"expected:\n{expected}\nfound:\n{actual}");

    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(l => l.TrimEnd())).TrimEnd();
}
