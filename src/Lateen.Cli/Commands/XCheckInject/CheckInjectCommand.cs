using System.CommandLine;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Injection.Explain;

namespace Lateen.Cli.Commands.XCheckInject;

/// <summary><c>lateen x check-inject</c>: which webhook would inject a pod, by which label, and why the others would not.</summary>
internal static class CheckInjectCommand
{
    public static Command Create(ClusterOptions cluster)
    {
        Argument<string?> resource = new("resource")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "[TYPE/]NAME[.NAMESPACE]: a pod (the default), deployment, replicaset, statefulset, daemonset or job",
        };
        Option<string> labels = new("--labels", "-l") { Description = "Check labels a=b,c=d of a pod that does not exist", DefaultValueFactory = _ => "" };
        Command command = new("check-inject", "Check the injection status or inject-ability of a given resource, explains why it is (or will be) injected or not")
        {
            resource, labels,
        };
        command.SetAction(async (line, cancellation) =>
        {
            if (line.GetValue(resource) is null && line.GetValue(labels)!.Length == 0)
            {
                throw new CommandException("check-inject requires a resource or labels: name a pod, or give --labels a=b");
            }

            using ClusterAccess access = cluster.Open(line);
            var (ns, podLabels) = line.GetValue(resource) is { } name
                ? await LabelsOfAsync(access, name, cancellation)
                : (access.Namespace, Parse(line.GetValue(labels)!));
            JsonObject space = await access.Client.FindAsync(ResourceTypes.Namespaces, null, ns, cancellation)
                ?? throw new CommandException($"namespaces \"{ns}\" not found; see 'kubectl get namespaces'");
            ResourceList webhooks = await access.Client.ListAsync(
                ResourceTypes.MutatingWebhookConfigurations, new ObjectSelector(Labels: "app=sidecar-injector"), cancellation);
            if (webhooks.Items.Count == 0)
            {
                throw new CommandException("no injection webhook is installed: see 'kubectl get mutatingwebhookconfigurations'");
            }

            var verdicts = WebhookVerdict.Of(webhooks.Items, podLabels, space["metadata"]?["labels"]);
            await Console.Out.WriteAsync(VerdictTable.Render(verdicts, colour: !Console.IsOutputRedirected));
        });
        return command;
    }

    private static async Task<(string Namespace, JsonNode? Labels)> LabelsOfAsync(ClusterAccess access, string resource, CancellationToken cancellation)
    {
        string[] typed = resource.Split('/', 2);
        string name = typed[^1];
        int dot = name.LastIndexOf('.');
        string ns = dot > 0 ? name[(dot + 1)..] : access.Namespace;
        name = dot > 0 ? name[..dot] : name;
        ResourceType type = typed.Length == 1 ? ResourceTypes.Pods : TypeOf(typed[0]);
        JsonObject found = await access.Client.FindAsync(type, ns, name, cancellation)
            ?? throw new CommandException($"{type.Plural} \"{name}\" not found in namespace {ns}");
        return (ns, type == ResourceTypes.Pods ? found["metadata"]?["labels"] : found["spec"]?["template"]?["metadata"]?["labels"]);
    }

    private static ResourceType TypeOf(string word) => word switch
    {
        "pod" or "pods" or "po" => ResourceTypes.Pods,
        "deployment" or "deployments" or "deploy" => ResourceTypes.Deployments,
        "replicaset" or "replicasets" or "rs" => ResourceTypes.ReplicaSets,
        "statefulset" or "statefulsets" or "sts" => new ResourceType("apps", "v1", "statefulsets", "StatefulSet", true),
        "daemonset" or "daemonsets" or "ds" => new ResourceType("apps", "v1", "daemonsets", "DaemonSet", true),
        "job" or "jobs" => new ResourceType("batch", "v1", "jobs", "Job", true),
        _ => throw new CommandException($"type {word} is not known here; name a pod, deployment, replicaset, statefulset, daemonset or job"),
    };

    private static JsonObject Parse(string labels) => new(labels.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(label => label.Split('=', 2))
        .Select(pair => pair.Length == 2
            ? KeyValuePair.Create(pair[0], (JsonNode?)pair[1])
            : throw new CommandException($"label \"{pair[0]}\" must be written as name=value")));
}
