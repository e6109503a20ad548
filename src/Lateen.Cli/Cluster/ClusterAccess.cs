using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Cli.Cluster;

/// <summary>What the verbs ask a cluster: the control plane's debug pages and the sidecars' admin pages.</summary>
internal sealed class ClusterAccess(KubernetesClient client, string @namespace, string istioNamespace) : IDisposable
{
    private const string MonitoringPort = "15014";

    /// <summary>The cluster's API, for verbs that read objects themselves.</summary>
    public KubernetesClient Client => client;

    /// <summary>The namespace that the command line or the kubeconfig names.</summary>
    public string Namespace => @namespace;

    /// <summary>The namespace of the control plane.</summary>
    public string IstioNamespace => istioNamespace;

    /// <summary>A debug page of every running control-plane pod, keyed by pod name.</summary>
    /// <exception cref="CommandException">There is no running control plane.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ControlPlanePagesAsync(string page, CancellationToken cancellation)
    {
        ResourceList pods = await client.ListAsync(ResourceTypes.Pods, new ObjectSelector(istioNamespace, "app=istiod"), cancellation);
        Dictionary<string, string> pages = new(StringComparer.Ordinal);
        foreach (JsonObject pod in pods.Items.Where(p => p.Text("status", "phase") == "Running" && !p.IsTerminating()))
        {
            string path = ResourceTypes.Pods.Path(istioNamespace, $"{pod.Name()}:{MonitoringPort}", "proxy");
            pages[pod.Name()] = await client.GetTextAsync($"{path}/{page}", cancellation);
        }

        return pages.Count > 0
            ? pages
            : throw new CommandException($"unable to find any Istiod instances: no running pod app=istiod in namespace {istioNamespace}; see 'kubectl get pods -n {istioNamespace}'");
    }

    /// <summary>An admin page of a sidecar or gateway, fetched inside its pod.</summary>
    /// <param name="pod">A pod as <c>name</c>, <c>name.namespace</c> or <c>deployment/name[.namespace]</c>.</param>
    /// <param name="page">The page with its query, such as <c>config_dump</c>.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="CommandException">The pod does not exist, or its sidecar does not answer.</exception>
    public async Task<string> AdminPageAsync(string pod, string page, CancellationToken cancellation) =>
        await AdminPageAsync(await PodAsync(pod, cancellation), "GET", page, cancellation);

    /// <summary>The same of a pod that is known, by any method.</summary>
    /// <exception cref="CommandException">Its sidecar does not answer.</exception>
    public async Task<string> AdminPageAsync(ObjectKey key, string method, string page, CancellationToken cancellation)
    {
        using MemoryStream output = new();
        using MemoryStream error = new();
        ExecRequest request = new(key, "istio-proxy", ["pilot-agent", "request", method, page]);
        string target = $"{key.Name}.{key.Namespace}";
        ExecResult result;
        try
        {
            result = await client.ExecAsync(request, new ExecStreams(null, output, error), cancellation);
        }
        catch (KubernetesApiException e)
        {
            throw new CommandException($"failed to execute command on {target} sidecar: {e.Message}", e);
        }

        return result.ExitCode == 0
            ? Encoding.UTF8.GetString(output.ToArray())
            : throw new CommandException($"failed to execute command on {target} sidecar: {Encoding.UTF8.GetString(error.ToArray())}{result.Message}".TrimEnd());
    }

    public void Dispose() => client.Dispose();

    /// <summary>The pod that an argument names.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public async Task<ObjectKey> PodAsync(string argument, CancellationToken cancellation)
    {
        string[] typed = argument.Split('/', 2);
        string nameAndNamespace = typed[^1];
        int dot = nameAndNamespace.LastIndexOf('.');
        string ns = dot > 0 ? nameAndNamespace[(dot + 1)..] : @namespace;
        string name = dot > 0 ? nameAndNamespace[..dot] : nameAndNamespace;
        if (typed.Length == 1 || typed[0] is "pod" or "pods" or "po")
        {
            return await client.FindAsync(ResourceTypes.Pods, ns, name, cancellation) is not null
                ? new ObjectKey(ns, name)
                : throw new CommandException($"unable to retrieve Pod: pods \"{name}\" not found in namespace {ns}; see 'kubectl get pods -n {ns}'");
        }

        return typed[0] is "deployment" or "deploy" or "deployments"
            ? await PodOfDeploymentAsync(argument, ns, name, cancellation)
            : throw new CommandException($"\"{argument}\" does not refer to a pod: {typed[0]} is not known here; name a pod or deployment/NAME");
    }

    private async Task<ObjectKey> PodOfDeploymentAsync(string argument, string ns, string name, CancellationToken cancellation)
    {
        JsonObject deployment = await client.FindAsync(ResourceTypes.Deployments, ns, name, cancellation)
            ?? throw new CommandException($"\"{argument}\" does not refer to a pod: deployments \"{name}\" not found in namespace {ns}");
        string labels = string.Join(',', deployment.Pairs("spec", "selector", "matchLabels").Select(p => $"{p.Key}={p.Value}"));
        ResourceList pods = await client.ListAsync(ResourceTypes.Pods, new ObjectSelector(ns, labels), cancellation);
        return pods.Items.Where(p => !p.IsTerminating()).OrderBy(p => p.Text("status", "phase") == "Running" ? 0 : 1).FirstOrDefault() is { } pod
            ? ObjectKey.Of(pod)
            : throw new CommandException($"no pods match \"{argument}\" in namespace {ns}");
    }
}
