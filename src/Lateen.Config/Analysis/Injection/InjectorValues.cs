using Lateen.Config.Decoding;

namespace Lateen.Config.Analysis.Injection;

/// <summary>What the injector of one revision was installed with (ConfigMap istio-sidecar-injector[-REVISION], key `values`).</summary>
internal sealed record InjectorValues(string Revision, string ProxyImage, bool EnableNamespacesByDefault)
{
    private const string ConfigMap = "istio-sidecar-injector";

    public static IEnumerable<InjectorValues> Of(AnalyzedMesh mesh)
    {
        foreach (var map in mesh.OfKind("ConfigMap"))
        {
            var name = map.Resource.Name;
            if (map.Resource.Namespace == mesh.IstioNamespace && (name == ConfigMap || name.StartsWith($"{ConfigMap}-", StringComparison.Ordinal))
                && YamlTree.Read(map.Node.TextAt("data", "values"), map.File, []) is [var values, ..])
            {
                var revision = name == ConfigMap ? "default" : name[(ConfigMap.Length + 1)..];
                yield return new InjectorValues(
                    revision, Image(values.At("global")), values.FlagAt("sidecarInjectorWebhook", "enableNamespacesByDefault"));
            }
        }
    }

    // An image with a slash is complete; else hub and tag come from the installation.
    private static string Image(ConfigNode? global)
    {
        var image = global.TextAt("proxy", "image");
        return image.Length == 0 || image.Contains('/', StringComparison.Ordinal)
            ? image
            : $"{global.TextAt("hub")}/{image}:{global.TextAt("tag")}";
    }
}
