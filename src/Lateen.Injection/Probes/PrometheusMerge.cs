using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;

namespace Lateen.Injection.Probes;

/// <summary>Makes the sidecar's agent the one place that Prometheus scrapes: it answers with its own and the application's metrics.</summary>
/// <remarks>Source: Istio, "Prometheus", "Option 1: Metrics merging".</remarks>
internal static class PrometheusMerge
{
    private const string Environment = "ISTIO_PROMETHEUS_ANNOTATIONS";
    private static readonly string[] Names = ["scrape", "path", "port"];

    /// <summary>Whether the mesh, or the pod against it, wants merging.</summary>
    public static bool IsWanted(JsonObject? mesh, string? annotation) =>
        AnnotationRules.ParseBool(annotation) ?? mesh?["enablePrometheusMerge"] is not { } setting || PodParts.IsTrue(mesh["enablePrometheusMerge"]);

    /// <summary>Takes the annotations of an earlier merge away.</summary>
    public static void Clear(JsonObject pod, int statusPort)
    {
        if (Read(pod, "port") == Text(statusPort))
        {
            RemoveAll(pod);
        }
    }

    public static void Apply(JsonObject pod, JsonObject mesh, int statusPort)
    {
        if (Read(pod, "scrape") == "false"
            || !IsWanted(mesh, PodParts.Annotation(pod, "prometheus.istio.io/merge-metrics"))
            || Read(pod, "port") == Text(statusPort))
        {
            return;
        }

        var given = Names.ToDictionary(name => name, name => Read(pod, name));
        if (given.Values.Any(value => value is not null) && PodParts.FindProxy(pod) is { } proxy)
        {
            var value = new JsonObject(Names.Select(name => KeyValuePair.Create(name, (JsonNode?)(given[name] ?? ""))));
            ProxyEnvironment.Append(proxy, Environment, GoJson.Write(value));
        }

        RemoveAll(pod);
        var annotations = PodParts.Object(PodParts.Meta(pod), "annotations");
        annotations["prometheus.io/port"] = Text(statusPort);
        annotations["prometheus.io/path"] = "/stats/prometheus";
        annotations["prometheus.io/scrape"] = "true";
    }

    private static string Text(int port) => port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? Read(JsonObject pod, string name) => Annotations(pod)
        .Where(entry => IsNamed(entry.Key, name))
        .Select(entry => PodParts.Text(entry.Value))
        .FirstOrDefault();

    private static void RemoveAll(JsonObject pod)
    {
        foreach (var key in Annotations(pod).Select(entry => entry.Key).Where(key => Names.Any(name => IsNamed(key, name))).ToList())
        {
            Annotations(pod).Remove(key);
        }
    }

    private static JsonObject Annotations(JsonObject pod) => pod["metadata"]?["annotations"] as JsonObject ?? [];

    // Prometheus turns all that is no letter into _ in a label's name, so people write these annotations in several ways.
    private static bool IsNamed(string key, string name) =>
        key.Replace('.', '_').Replace('/', '_').Replace('-', '_') == "prometheus_io_" + name;
}
