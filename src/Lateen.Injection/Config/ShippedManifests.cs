using System.Text.Json.Nodes;
using Lateen.Injection.Pods;
using Lateen.Injection.Yaml;

namespace Lateen.Injection.Config;

/// <summary>The manifests of <c>deploy/injection</c>, carried along: what a cluster that follows the defaults has.</summary>
public static class ShippedManifests
{
    /// <summary>The ConfigMap istio-sidecar-injector as YAML.</summary>
    public static string ConfigMap => Read("configmap.yaml");

    /// <summary>The two MutatingWebhookConfigurations as YAML.</summary>
    public static string Webhooks => Read("webhooks.yaml");

    /// <summary>The ConfigMap's keys <c>config</c> and <c>values</c>.</summary>
    public static (string Config, string Values) InjectorTexts
    {
        get
        {
            var data = YamlReader.Read(ConfigMap)!["data"] as JsonObject;
            return (PodParts.Text(data!["config"])!, PodParts.Text(data["values"])!);
        }
    }

    private static string Read(string file)
    {
        using var stream = typeof(ShippedManifests).Assembly.GetManifestResourceStream("deploy/injection/" + file)
            ?? throw new InvalidOperationException($"deploy/injection/{file} is not part of this build");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
