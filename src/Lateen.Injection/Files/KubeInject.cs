using Lateen.Injection.Config;
using Lateen.Injection.GoTemplate;

namespace Lateen.Injection.Files;

/// <summary>What a person asked of <c>kube-inject</c>; an empty text is a flag that was not given.</summary>
public sealed record KubeInjectOptions
{
    /// <summary>-f: a file, or - for standard input.</summary>
    public string FileName { get; init; } = "";

    public string InjectConfigFile { get; init; } = "";

    public string ValuesFile { get; init; } = "";

    public string MeshConfigFile { get; init; } = "";

    public string MeshConfigMapName { get; init; } = "istio";

    public string InjectConfigMapName { get; init; } = "istio-sidecar-injector";

    public string OperatorFileName { get; init; } = "";

    /// <summary>The control plane's revision; "" or "default" for the default one.</summary>
    public string Revision { get; init; } = "";
}

/// <summary>Where <c>kube-inject</c> reads from.</summary>
public interface IKubeInjectSources
{
    /// <summary>The text of a file, or of standard input for the name <c>-</c>.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    string ReadFile(string path);

    /// <summary>The value of a key of a ConfigMap in the mesh's namespace.</summary>
    /// <exception cref="InjectionException">There is no mesh, no such ConfigMap or no such key.</exception>
    string ReadConfigMap(string name, string key);
}

/// <summary>The verb <c>kube-inject</c> without its terminal: manifests in, manifests with sidecars out.</summary>
public static class KubeInject
{
    /// <param name="options">What was asked.</param>
    /// <param name="sources">Files and, for what no file gives, the mesh.</param>
    /// <param name="warn">Told one line for every object that is left as it is.</param>
    /// <exception cref="InjectionException">An option, a file or a document is wrong.</exception>
    public static string Run(KubeInjectOptions options, IKubeInjectSources sources, Action<string> warn)
    {
        if (options.FileName.Length == 0)
        {
            throw new InjectionException("filename not specified (see --filename or -f)");
        }

        if (options.MeshConfigFile.Length == 0 && options.MeshConfigMapName.Length == 0 && options.OperatorFileName.Length == 0)
        {
            throw new InjectionException("--meshConfigFile or --meshConfigMapName or --operatorFileName must be set");
        }

        var manifests = Read(sources, options.FileName);
        var revision = options.Revision == "default" ? "" : options.Revision;
        var suffix = revision.Length == 0 ? "" : "-" + revision;
        try
        {
            var config = InjectorConfig.Parse(
                Get(options.InjectConfigFile, options.InjectConfigMapName + suffix, "config"),
                Get(options.ValuesFile, options.InjectConfigMapName + suffix, "values"));
            var mesh = MeshSettings.Parse(Get(options.MeshConfigFile, options.MeshConfigMapName + suffix, "mesh"));
            return new ManifestInjector(config, mesh, revision, warn).Inject(manifests);
        }
        catch (Exception problem) when (problem is FormatException or TemplateException)
        {
            throw new InjectionException(problem.Message, problem);
        }

        string Get(string file, string map, string key) =>
            file.Length > 0 ? Read(sources, file) : sources.ReadConfigMap(map, key);
    }

    private static string Read(IKubeInjectSources sources, string path)
    {
        try
        {
            return sources.ReadFile(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InjectionException(problem.Message, problem);
        }
    }
}
