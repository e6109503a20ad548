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
    Task<string> ReadFileAsync(string path, CancellationToken cancellation);

    /// <summary>The value of a key of a ConfigMap in the mesh's namespace.</summary>
    /// <exception cref="InjectionException">There is no mesh, no such ConfigMap or no such key.</exception>
    Task<string> ReadConfigMapAsync(string name, string key, CancellationToken cancellation);
}

/// <summary>The verb <c>kube-inject</c> without its terminal: manifests in, manifests with sidecars out.</summary>
public static class KubeInject
{
    /// <param name="options">What was asked.</param>
    /// <param name="sources">Files and, for what no file gives, the mesh.</param>
    /// <param name="warn">Told one line for every object that is left as it is.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InjectionException">An option, a file or a document is wrong.</exception>
    public static async Task<string> RunAsync(
        KubeInjectOptions options, IKubeInjectSources sources, Action<string> warn, CancellationToken cancellation)
    {
        if (options.FileName.Length == 0)
        {
            throw new InjectionException("filename not specified (see --filename or -f)");
        }

        if (options.MeshConfigFile.Length == 0 && options.MeshConfigMapName.Length == 0 && options.OperatorFileName.Length == 0)
        {
            throw new InjectionException("--meshConfigFile or --meshConfigMapName or --operatorFileName must be set");
        }

        var manifests = await ReadAsync(sources, options.FileName, cancellation);
        var revision = options.Revision == "default" ? "" : options.Revision;
        var suffix = revision.Length == 0 ? "" : "-" + revision;
        try
        {
            var config = InjectorConfig.Parse(
                await GetAsync(options.InjectConfigFile, options.InjectConfigMapName + suffix, "config"),
                await GetAsync(options.ValuesFile, options.InjectConfigMapName + suffix, "values"));
            var mesh = MeshSettings.Parse(await GetAsync(options.MeshConfigFile, options.MeshConfigMapName + suffix, "mesh"));
            return new ManifestInjector(config, mesh, revision, warn).Inject(manifests);
        }
        catch (Exception problem) when (problem is FormatException or TemplateException)
        {
            throw new InjectionException(problem.Message, problem);
        }

        Task<string> GetAsync(string file, string map, string key) =>
            file.Length > 0 ? ReadAsync(sources, file, cancellation) : sources.ReadConfigMapAsync(map, key, cancellation);
    }

    private static async Task<string> ReadAsync(IKubeInjectSources sources, string path, CancellationToken cancellation)
    {
        try
        {
            return await sources.ReadFileAsync(path, cancellation);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InjectionException(problem.Message, problem);
        }
    }
}
