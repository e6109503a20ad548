using Lateen.Injection;
using Lateen.Injection.Files;

namespace Lateen.Conformance.Families.Injection;

/// <summary>Runs <c>kube-inject</c> with arguments and files of a case, without a mesh.</summary>
internal static class KubeInjectRun
{
    public static (string? Output, string? Error) Execute(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> files)
    {
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var parts = arguments[i].Split('=', 2);
            flags[parts[0]] = parts.Length == 2 ? parts[1] : i + 1 < arguments.Count ? arguments[++i] : "";
        }

        try
        {
            var options = new KubeInjectOptions
            {
                FileName = Flag("-f") + Flag("--filename"),
                InjectConfigFile = Flag("--injectConfigFile"),
                ValuesFile = Flag("--valuesFile"),
                MeshConfigFile = Flag("--meshConfigFile"),
                OperatorFileName = Flag("--operatorFileName"),
                MeshConfigMapName = flags.GetValueOrDefault("--meshConfigMapName", "istio"),
                InjectConfigMapName = flags.GetValueOrDefault("--injectConfigMapName", "istio-sidecar-injector"),
                Revision = Flag("-r") + Flag("--revision"),
            };
            return (KubeInject.RunAsync(options, new Sources(files), _ => { }, CancellationToken.None).GetAwaiter().GetResult(), null);
        }
        catch (InjectionException problem)
        {
            return (null, problem.Message);
        }

        string Flag(string name) => flags.GetValueOrDefault(name, "");
    }

    private sealed class Sources(IReadOnlyDictionary<string, string> files) : IKubeInjectSources
    {
        public Task<string> ReadFileAsync(string path, CancellationToken cancellation) => files.TryGetValue(path, out var text)
            ? Task.FromResult(text)
            : throw new FileNotFoundException($"open {path}: no such file or directory");

        public Task<string> ReadConfigMapAsync(string name, string key, CancellationToken cancellation) =>
            throw new InjectionException($"there is no mesh to read ConfigMap {name} from");
    }
}
