using System.Text.Json.Nodes;
using Lateen.Injection.Pods;
using Lateen.Injection.Yaml;

namespace Lateen.Injection.Config;

/// <summary>The mesh configuration as injection needs it: istio.mesh.v1alpha1.MeshConfig as JSON, defaults filled in.</summary>
public sealed class MeshSettings
{
    private MeshSettings(JsonObject json) => Json = json;

    /// <summary>A mesh that nobody configured.</summary>
    public static MeshSettings Default { get; } = FromJson([]);

    internal JsonObject Json { get; }

    internal string RootNamespace => PodParts.Text(Json["rootNamespace"]) ?? "istio-system";

    internal JsonObject ProxyConfig => (JsonObject)Json["defaultConfig"]!;

    /// <summary>The given configuration over the defaults.</summary>
    /// <param name="mesh">MeshConfig in protobuf JSON; not changed.</param>
    public static MeshSettings FromJson(JsonObject mesh)
    {
        var json = new JsonObject { ["enablePrometheusMerge"] = true, ["trustDomain"] = "cluster.local", ["rootNamespace"] = "istio-system" };
        foreach (var (name, value) in mesh)
        {
            json[name] = value?.DeepClone();
        }

        json["defaultConfig"] = Over(ProxyConfigDefaults.Create(), mesh["defaultConfig"] as JsonObject ?? []);
        return new MeshSettings(json);
    }

    /// <summary>The configuration as it stands, no defaults: for a caller that has filled them in already.</summary>
    public static MeshSettings Exactly(JsonObject mesh)
    {
        var json = (JsonObject)mesh.DeepClone();
        json["defaultConfig"] ??= new JsonObject();
        return new MeshSettings(json);
    }

    /// <summary>Reads the text of the ConfigMap <c>istio</c>, key <c>mesh</c>.</summary>
    /// <exception cref="FormatException">The text is not YAML or not an object.</exception>
    public static MeshSettings Parse(string yaml) => YamlReader.Read(yaml) switch
    {
        null => Default,
        JsonObject mesh => FromJson(mesh),
        _ => throw new FormatException("mesh configuration: an object is wanted"),
    };

    /// <summary>
    /// The proxy configuration of a pod: the mesh's, the resources that count for it, the annotation proxy.istio.io/config, and over that a
    /// resource that names the workload.
    /// </summary>
    /// <exception cref="FormatException">The annotation is not YAML or not an object.</exception>
    internal JsonObject ForPod(IEnumerable<PodProxyConfig> resources, string? annotation)
    {
        var levels = resources.ToLookup(resource => resource.IsOfWorkload, resource => resource.Settings);
        var config = levels[false].Aggregate((JsonObject)ProxyConfig.DeepClone(), Over);
        if (!string.IsNullOrWhiteSpace(annotation))
        {
            config = YamlReader.Read(annotation) is JsonObject given ? Over(config, given) : throw new FormatException("an object is wanted");
        }

        return levels[true].Aggregate(config, Over);
    }

    // A field that is given, and not null, replaces the one below it; entries of proxyMetadata, runtimeValues and proxyHeaders are joined.
    private static JsonObject Over(JsonObject below, JsonObject given)
    {
        foreach (var (name, value) in given.Where(entry => entry.Value is not null))
        {
            if (name is "proxyMetadata" or "runtimeValues" or "proxyHeaders" && below[name] is JsonObject map && value is JsonObject more)
            {
                foreach (var (key, entry) in more)
                {
                    map[key] = entry?.DeepClone();
                }
            }
            else
            {
                below[name] = value!.DeepClone();
            }
        }

        return below;
    }
}
