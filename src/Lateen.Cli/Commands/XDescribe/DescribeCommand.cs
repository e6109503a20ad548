using System.CommandLine;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Inspection.Describe;
using Lateen.Inspection.ProxyConfig;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Cli.Commands.XDescribe;

/// <summary><c>lateen x describe</c>: what of the mesh's configuration concerns a pod or a service, in words.</summary>
internal static class DescribeCommand
{
    private const string Sidecar = "istio-proxy";

    public static Command Create(ClusterOptions cluster)
    {
        Option<bool> ignore = new("--ignoreUnmeshed") { Description = "Suppress warnings for unmeshed pods", Recursive = true };
        return new Command("describe", "Describe resource and related Istio configuration")
        {
            Aliases = { "des" },
            Options = { ignore },
            Subcommands = { Pod(cluster, ignore), Service(cluster) },
        };
    }

    private static Command Pod(ClusterOptions cluster, Option<bool> ignore)
    {
        Argument<string?> name = new("pod") { Arity = ArgumentArity.ZeroOrOne, Description = "POD[.NAMESPACE] or deployment/NAME[.NAMESPACE]" };
        Command command = new("pod", "Describe pods and their Istio configuration") { Aliases = { "po" }, Arguments = { name } };
        command.SetAction(async (line, cancellation) =>
        {
            string argument = line.GetValue(name) ?? throw new CommandException("expecting pod name");
            using ClusterAccess access = cluster.Open(line);
            ObjectKey key = await access.PodAsync(argument, cancellation);
            JsonObject pod = await access.Client.GetAsync(ResourceTypes.Pods, key.Namespace, key.Name, cancellation);
            bool isMeshed = PodDescription.IsMeshed(pod) && pod.Text("status", "phase") == "Running";
            ConfigDump? dump = isMeshed ? await DumpAsync(access, pod, cancellation) : null;
            DescribedMesh mesh = await ReadAsync(access, cancellation);
            await Console.Out.WriteAsync(PodDescription.Render(pod, dump, mesh, line.GetValue(ignore)));
        });
        return command;
    }

    private static Command Service(ClusterOptions cluster)
    {
        Argument<string?> name = new("svc") { Arity = ArgumentArity.ZeroOrOne, Description = "SERVICE[.NAMESPACE]" };
        Command command = new("service", "Describe services and their Istio configuration") { Aliases = { "svc" }, Arguments = { name } };
        command.SetAction(async (line, cancellation) =>
        {
            string argument = line.GetValue(name) ?? throw new CommandException("expecting service name");
            using ClusterAccess access = cluster.Open(line);
            int dot = argument.LastIndexOf('.');
            string ns = dot > 0 ? argument[(dot + 1)..] : access.Namespace;
            string plain = dot > 0 ? argument[..dot] : argument;
            JsonObject service = await access.Client.FindAsync(ResourceTypes.Services, ns, plain, cancellation)
                ?? throw new CommandException($"services \"{plain}\" not found in namespace {ns}; see 'kubectl get services -n {ns}'");
            DescribedMesh mesh = await ReadAsync(access, cancellation);
            ResourceList all = await access.Client.ListAsync(ResourceTypes.Pods, new ObjectSelector(ns), cancellation);
            IReadOnlyList<JsonObject> pods = ServiceDescription.PodsOf(service, all.Items);
            ConfigDump? dump = ServiceDescription.Chosen(pods, mesh) is { } chosen ? await DumpAsync(access, chosen, cancellation) : null;
            await Console.Out.WriteAsync(ServiceDescription.Render(service, pods, dump, mesh));
        });
        return command;
    }

    private static async Task<ConfigDump> DumpAsync(ClusterAccess access, JsonObject pod, CancellationToken cancellation) =>
        ConfigDump.Parse(await access.AdminPageAsync(ObjectKey.Of(pod), "GET", "config_dump", cancellation));

    private static async Task<DescribedMesh> ReadAsync(ClusterAccess access, CancellationToken cancellation)
    {
        ResourceList gateways = await access.Client.ListAsync(ResourceTypes.Pods, new ObjectSelector(access.IstioNamespace, "istio=ingressgateway"), cancellation);
        List<(JsonObject, ConfigDump)> running = [];
        foreach (JsonObject gateway in gateways.Items.Where(IsReady).Take(1))
        {
            running.Add((gateway, await DumpAsync(access, gateway, cancellation)));
        }

        return new DescribedMesh(
            access.Namespace,
            await RootNamespaceAsync(access, cancellation),
            await AllAsync(access, ResourceTypes.Services, cancellation),
            await AllAsync(access, ResourceTypes.DestinationRules, cancellation),
            await AllAsync(access, ResourceTypes.VirtualServices, cancellation),
            await AllAsync(access, ResourceTypes.PeerAuthentications, cancellation),
            running,
            port => Protocols.OfKubernetesPort(
                (int)(port.Number("port") ?? 0), port.Text("name"), port.Text("protocol"), port.Text("appProtocol") is { Length: > 0 } given ? given : null).Name());
    }

    private static bool IsReady(JsonObject pod) => pod.Text("status", "phase") == "Running" && !pod.IsTerminating()
        && pod.Items("status", "containerStatuses").Any(status => status.Text("name") == Sidecar && status.Flag("ready"));

    private static async Task<IReadOnlyList<JsonObject>> AllAsync(ClusterAccess access, ResourceType type, CancellationToken cancellation) =>
        (await access.Client.ListAsync(type, ObjectSelector.All, cancellation)).Items;

    private static async Task<string> RootNamespaceAsync(ClusterAccess access, CancellationToken cancellation)
    {
        JsonObject? map = await access.Client.FindAsync(ResourceTypes.ConfigMaps, access.IstioNamespace, "istio", cancellation);
        return (MeshConfigDecoder.Decode(map.Text("data", "mesh"), "ConfigMap istio").Value ?? MeshConfig.Default).RootNamespace;
    }
}
