using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Injection;
using Lateen.Injection.Files;

namespace Lateen.Cli.Commands.KubeInject;

/// <summary><c>lateen kube-inject</c>: puts the sidecar into the pods of a manifest file.</summary>
internal static class KubeInjectCommand
{
    public static Command Create(ClusterOptions cluster)
    {
        Option<string> file = Text("--filename", "Input Kubernetes resource filename; - reads standard input");
        file.Aliases.Add("-f");
        Option<string> output = Text("--output", "Modified output Kubernetes resource filename (default: standard output)");
        output.Aliases.Add("-o");
        Option<string> injectConfig = Text("--injectConfigFile", "Injection configuration filename (default: the mesh's ConfigMap)");
        Option<string> values = Text("--valuesFile", "Injection values configuration filename (default: the mesh's ConfigMap)");
        Option<string> meshConfig = Text("--meshConfigFile", "Mesh configuration filename (default: the mesh's ConfigMap)");
        Option<string> meshMap = Text("--meshConfigMapName", "ConfigMap name for Istio mesh configuration, key \"mesh\"", "istio");
        Option<string> injectMap = Text("--injectConfigMapName", "ConfigMap name for Istio sidecar injection, key \"config\"", "istio-sidecar-injector");
        Option<string> operatorFile = Text("--operatorFileName", "IstioOperator filename; only accepted for compatibility");
        Option<string> webhook = Text("--webhookConfig", "MutatingWebhookConfiguration name for Istio; only accepted for compatibility", "istio-sidecar-injector");
        Option<string> revision = Text("--revision", "Control plane revision");
        revision.Aliases.Add("-r");
        Command command = new("kube-inject", "Inject Istio sidecar into Kubernetes pod resources")
        {
            file, output, injectConfig, values, meshConfig, meshMap, injectMap, operatorFile, webhook, revision,
        };
        command.SetAction(async (line, cancellation) =>
        {
            KubeInjectOptions options = new()
            {
                FileName = line.GetValue(file)!,
                InjectConfigFile = line.GetValue(injectConfig)!,
                ValuesFile = line.GetValue(values)!,
                MeshConfigFile = line.GetValue(meshConfig)!,
                MeshConfigMapName = line.GetValue(meshMap)!,
                InjectConfigMapName = line.GetValue(injectMap)!,
                OperatorFileName = line.GetValue(operatorFile)!,
                Revision = line.GetValue(revision)!,
            };
            string injected = await RunAsync(options, new Sources(() => cluster.Open(line)), cancellation);
            await WriteAsync(line.GetValue(output)!, injected, cancellation);
        });
        return command;
    }

    private static async Task<string> RunAsync(KubeInjectOptions options, Sources sources, CancellationToken cancellation)
    {
        using (sources)
        {
            try
            {
                return await Lateen.Injection.Files.KubeInject.RunAsync(options, sources, Console.Error.WriteLine, cancellation);
            }
            catch (InjectionException problem)
            {
                throw new CommandException(problem.Message, problem);
            }
        }
    }

    private static Task WriteAsync(string file, string text, CancellationToken cancellation) => file.Length == 0
        ? Console.Out.WriteAsync(text.AsMemory(), cancellation)
        : File.WriteAllTextAsync(file, text, cancellation);

    private static Option<string> Text(string name, string description, string value = "") =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    // The cluster is opened only when something is read from it: with all files given, none is needed.
    private sealed class Sources(Func<ClusterAccess> open) : IKubeInjectSources, IDisposable
    {
        private ClusterAccess? _cluster;

        public Task<string> ReadFileAsync(string path, CancellationToken cancellation) =>
            path == "-" ? Console.In.ReadToEndAsync(cancellation) : File.ReadAllTextAsync(path, cancellation);

        public async Task<string> ReadConfigMapAsync(string name, string key, CancellationToken cancellation)
        {
            _cluster ??= open();
            var map = await _cluster.Client.FindAsync(ResourceTypes.ConfigMaps, _cluster.IstioNamespace, name, cancellation)
                ?? throw new InjectionException(
                    $"could not read ConfigMap {name} from namespace {_cluster.IstioNamespace}: it does not exist; is the mesh up, or do you mean --injectConfigFile, --valuesFile and --meshConfigFile?");
            return map.Text("data", key) is { Length: > 0 } text
                ? text
                : throw new InjectionException($"ConfigMap {_cluster.IstioNamespace}/{name} has no key \"{key}\"");
        }

        public void Dispose() => _cluster?.Dispose();
    }
}
