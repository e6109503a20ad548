using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Cli.Commands.Analyze;
using Lateen.Config.Analysis.Reports;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Injection.Yaml;
using Lateen.Inspection.BugReport;

namespace Lateen.Cli.Commands.BugReport;

/// <summary>Fetches what a bug report holds, one thing after the other; what can not be had is told in the log and left out.</summary>
internal sealed class BugReportCollector(ClusterAccess access, ReportSelection selection, LogWindow window, BugReportArchive archive, TextWriter output)
{
    private const string Sidecar = "istio-proxy";
    private const string Monitoring = "15014";

    private static readonly ResourceType[] ClusterKinds =
    [
        ResourceTypes.Namespaces, ResourceTypes.Services, ResourceTypes.EndpointSlices, ResourceTypes.Pods, ResourceTypes.Deployments, ResourceTypes.ReplicaSets,
        ResourceTypes.ServiceAccounts, ResourceTypes.ConfigMaps, ResourceTypes.Ingresses, ResourceTypes.MutatingWebhookConfigurations,
        ResourceTypes.ValidatingWebhookConfigurations, ResourceTypes.Leases,
    ];

    private static readonly string[] ProxyPages = ["certs", "clusters", "config_dump?include_eds", "listeners", "memory", "server_info", "stats/prometheus", "runtime"];

    private static readonly string[] DebugPages =
    [
        "adsz", "authorizationz", "cachez", "clusterz", "configz", "endpointShardz", "endpointz", "inject", "instancesz", "mcsz", "mesh", "networkz",
        "push_status", "registryz", "resourcesz", "syncz", "telemetryz",
    ];

    private readonly StringBuilder _log = new();

    /// <summary>What was said on the way.</summary>
    public string Log => _log.ToString();

    /// <param name="dryRun">Only tells what would be fetched.</param>
    public async Task CollectAsync(ClusterOptions cluster, ParseResult line, bool dryRun, CancellationToken cancellation)
    {
        await SayAsync($"Target cluster: {access.Client.Server}");
        IReadOnlyList<JsonObject> pods = (await access.Client.ListAsync(ResourceTypes.Pods, ObjectSelector.All, cancellation)).Items;
        JsonObject[] planes = [.. pods.Where(pod => pod.Namespace() == access.IstioNamespace && pod.Labels().Text("app") == "istiod")];
        JsonObject[] proxies = [.. pods.Where(pod => IsRunning(pod) && Containers(pod).Contains(Sidecar) && selection.Holds(pod, DeploymentOf(pod), Sidecar))];
        await SayAsync("\nThe following Istio control plane namespaces and proxies are told of:");
        foreach (JsonObject pod in planes.Concat(proxies))
        {
            await SayAsync($"  {pod.Namespace()}/{DeploymentOf(pod)}/{pod.Name()}");
        }

        if (dryRun)
        {
            return;
        }

        await SayAsync("\nFetching the cluster's objects.");
        await ClusterAsync(cancellation);
        await SayAsync("Fetching control plane information.");
        foreach (JsonObject pod in planes)
        {
            await ControlPlaneAsync(pod, cancellation);
        }

        await SayAsync("Fetching proxies' information.");
        foreach (JsonObject pod in proxies)
        {
            await ProxyAsync(pod, cancellation);
        }

        await SayAsync("Running istio analyze on all namespaces and report as below:");
        await FetchAsync("analyze/allNamespaces", async () =>
        {
            AnalysisReading reading = await new AnalysisSources(cluster, line) { UseCluster = true }.ReadAsync([], cancellation);
            string report = MessageText.Lines(AnalysisReport.Of(reading.Mesh, new ReportOptions()).Shown, colour: false);
            await SayAsync(report);
            return report + "\n";
        });
    }

    private async Task ClusterAsync(CancellationToken cancellation)
    {
        await FetchAsync("cluster/kubectl-version", () => access.Client.GetTextAsync("/version", cancellation));
        await FetchAsync("cluster/k8s-resources", async () => await DocumentsAsync(ClusterKinds, item => item, cancellation));
        await FetchAsync("cluster/crs", async () => await DocumentsAsync(ResourceTypes.Istio, item => item, cancellation));
        await FetchAsync("cluster/events", async () => await DocumentsAsync([ResourceTypes.Events], item => item, cancellation));
        await FetchAsync("cluster/nodes", async () => await DocumentsAsync([ResourceTypes.Nodes], item => item, cancellation));

        // Of a Secret only that it is there.
        await FetchAsync("cluster/secrets", async () => await DocumentsAsync([ResourceTypes.Secrets], item => new JsonObject
        {
            ["namespace"] = item.Namespace(),
            ["name"] = item.Name(),
            ["type"] = item.Text("type"),
            ["keys"] = new JsonArray([.. (item["data"] as JsonObject ?? []).Select(entry => (JsonNode)entry.Key)]),
        }, cancellation));
    }

    private async Task ControlPlaneAsync(JsonObject pod, CancellationToken cancellation)
    {
        string folder = $"istio/{pod.Namespace()}/{pod.Name()}";
        await LogAsync($"{folder}/discovery.log", pod, "discovery", cancellation);
        string proxy = ResourceTypes.Pods.Path(pod.Namespace(), $"{pod.Name()}:{Monitoring}", "proxy");
        await FetchAsync($"{folder}/metrics", () => access.Client.GetTextAsync($"{proxy}/metrics", cancellation));
        await FetchAsync($"{folder}/version", () => access.Client.GetTextAsync($"{proxy}/version", cancellation));
        foreach (string page in DebugPages)
        {
            await FetchAsync($"{folder}/debug/{page}", () => access.Client.GetTextAsync($"{proxy}/debug/{page}", cancellation));
        }
    }

    private async Task ProxyAsync(JsonObject pod, CancellationToken cancellation)
    {
        string folder = $"proxies/{pod.Namespace()}/{pod.Name()}";
        await LogAsync($"{folder}/{Sidecar}.log", pod, Sidecar, cancellation);
        foreach (string page in ProxyPages)
        {
            await FetchAsync($"{folder}/{page}", () => access.AdminPageAsync(ObjectKey.Of(pod), "GET", page, cancellation));
        }
    }

    private Task LogAsync(string name, JsonObject pod, string container, CancellationToken cancellation) => FetchAsync(name, async () => window.Cut(
        await access.Client.GetTextAsync($"{ResourceTypes.Pods.Path(pod.Namespace(), pod.Name(), "log")}?container={container}", cancellation)));

    private async Task FetchAsync(string name, Func<Task<string>> fetch)
    {
        try
        {
            archive.Add(name, await fetch());
        }
        catch (Exception e) when (e is KubernetesApiException or CommandException or IOException or InvalidDataException or JsonException or OperationCanceledException)
        {
            _log.Append($"{name}: {e.Message}\n");
        }
    }

    private async Task<string> DocumentsAsync(IReadOnlyList<ResourceType> types, Func<JsonObject, JsonObject> shown, CancellationToken cancellation)
    {
        StringBuilder text = new();
        foreach (ResourceType type in types)
        {
            try
            {
                foreach (JsonObject item in (await access.Client.ListAsync(type, ObjectSelector.All, cancellation)).Items)
                {
                    text.Append("---\n").Append(YamlWriter.Write(shown(item)));
                }
            }
            catch (KubernetesApiException e)
            {
                _log.Append($"{type.Plural}: {e.Message}\n");
            }
        }

        return text.ToString();
    }

    private static bool IsRunning(JsonObject pod) => pod.Text("status", "phase") == "Running" && !pod.IsTerminating();

    private static IEnumerable<string> Containers(JsonObject pod) =>
        pod.Items("spec", "containers").Concat(pod.Items("spec", "initContainers")).Select(container => container.Text("name"));

    // A ReplicaSet is named after its Deployment and a hash.
    private static string DeploymentOf(JsonObject pod)
    {
        JsonObject? owner = pod.Items("metadata", "ownerReferences").FirstOrDefault();
        string name = owner.Text("name");
        int dash = name.LastIndexOf('-');
        return owner.Text("kind") == "ReplicaSet" && dash > 0 ? name[..dash] : name;
    }

    private async Task SayAsync(string text)
    {
        _log.Append(text).Append('\n');
        await output.WriteLineAsync(text);
    }
}
