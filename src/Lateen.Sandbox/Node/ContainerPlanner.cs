using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>What all containers of a pod share.</summary>
/// <param name="Fields">The pod and its addresses.</param>
/// <param name="Folder">The pod's folder on the host.</param>
/// <param name="NetworkNamespace">Its network namespace.</param>
/// <param name="Programs">The folder with lateend and lateen-agent.</param>
/// <param name="Home">The state folder, which containers must not see.</param>
internal sealed record PodSurroundings(PodFields Fields, string Folder, string NetworkNamespace, string Programs, string Home);

/// <summary>Decides how a container starts.</summary>
internal static class ContainerPlanner
{
    private const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    // Folders of the host that no image would have content in.
    private static readonly string[] HostOnly = ["/root", "/home", "/mnt", "/media", "/srv"];

    /// <summary>The plan.</summary>
    /// <param name="program">What the container's image stands for.</param>
    /// <param name="environment">Builds its variables.</param>
    /// <param name="services">The variables that tell of services.</param>
    /// <param name="attempt">How often it was started before.</param>
    /// <exception cref="NotReadyYetException">Something that it refers to is missing.</exception>
    public static ContainerPlan Plan(
        PodSurroundings pod,
        JsonObject container,
        ImageProgram program,
        EnvironmentBuilder environment,
        IEnumerable<KeyValuePair<string, string>> services,
        int attempt)
    {
        JsonObject spec = pod.Fields.Pod;
        string name = container.Text("name");
        string folder = Path.Combine(pod.Folder, "containers", name);
        string hostname = spec.Text("spec", "hostname") is { Length: > 0 } given ? given : spec.Name();
        hostname = hostname.Length > 63 ? hostname[..63].TrimEnd('-') : hostname;
        IReadOnlyList<KeyValuePair<string, string>> variables = environment.Build(
            container,
            [KeyValuePair.Create("PATH", SearchPath), KeyValuePair.Create("HOSTNAME", hostname), KeyValuePair.Create("HOME", "/root"), .. services]);
        return new ContainerPlan
        {
            Folder = folder,
            NetworkNamespace = pod.NetworkNamespace,
            Hostname = hostname,
            Preparation = program.Preparation,
            Hidden = [.. HostOnly, pod.Home],
            Mounts = Mounts(pod, container),
            Environment = variables,
            Command = Command(container, program, variables.ToDictionary()),
            WorkingDirectory = container.Text("workingDir") is { Length: > 0 } directory ? directory : "/",
            Identity = PodIdentity.Of(spec, container),
            ReadOnlyRoot = container.Flag("securityContext", "readOnlyRootFilesystem"),
            LogFile = Path.Combine(folder, attempt.ToString(CultureInfo.InvariantCulture) + ".log"),
        };
    }

    // Kubernetes documentation, "Define a Command and Arguments": command replaces entrypoint and arguments, args the arguments alone.
    private static List<string> Command(JsonObject container, ImageProgram program, Dictionary<string, string> variables)
    {
        List<string> command = [.. container.Texts("command")];
        List<string> arguments = [.. container.Texts("args")];
        IEnumerable<string> words = command.Count > 0 ? command.Concat(arguments)
            : arguments.Count > 0 ? program.Entrypoint.Concat(arguments)
            : program.Entrypoint.Concat(program.Arguments);
        return [.. words.Select(word => EnvironmentBuilder.Expand(word, variables))];
    }

    private static List<MountPlan> Mounts(PodSurroundings pod, JsonObject container)
    {
        List<MountPlan> mounts =
        [
            new(pod.Programs, ImageCatalogue.Programs, true),
            new(Path.Combine(pod.Folder, "resolv.conf"), "/etc/resolv.conf", false),
            new(Path.Combine(pod.Folder, "hosts"), "/etc/hosts", false),
        ];
        Dictionary<string, JsonObject> volumes = pod.Fields.Pod.Items("spec", "volumes").ToDictionary(volume => volume.Text("name"));
        foreach (JsonObject mount in container.Items("volumeMounts"))
        {
            string name = mount.Text("name");
            if (!volumes.TryGetValue(name, out JsonObject? volume))
            {
                throw new NotReadyYetException("CreateContainerConfigError", $"volumeMount \"{name}\": the pod has no such volume");
            }

            string source = volume["hostPath"] is JsonObject host ? host.Text("path") : Path.Combine(pod.Folder, "volumes", name);
            bool readOnly = mount.Flag("readOnly") || volume["configMap"] is not null || volume["secret"] is not null
                || volume["projected"] is not null || volume["downwardAPI"] is not null;
            string subPath = mount.Text("subPath").TrimStart('/');
            mounts.Add(new MountPlan(SubPath(source, subPath, volume), mount.Text("mountPath"), readOnly));
        }

        // The last one said wins, and a pod may bring its own resolv.conf.
        return [.. mounts.GroupBy(mount => mount.Target.TrimEnd('/')).Select(group => group.Last())];
    }

    private static string SubPath(string source, string subPath, JsonObject volume)
    {
        if (subPath.Length == 0)
        {
            return source;
        }

        string path = Path.GetFullPath(Path.Combine(source, subPath));
        if (!path.StartsWith(source + "/", StringComparison.Ordinal))
        {
            throw new NotReadyYetException("CreateContainerConfigError", $"subPath \"{subPath}\" leads out of the volume");
        }

        if (!Path.Exists(path) && volume["emptyDir"] is not null)
        {
            Directory.CreateDirectory(path);
        }

        return path;
    }
}
