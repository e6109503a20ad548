using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Telemetry;

/// <summary>Who a peer is, in the words of Istio's metric labels. Immutable; compared by reference on the request path.</summary>
internal sealed record Workload
{
    /// <summary>Istio's word for what nobody told.</summary>
    public const string UnknownText = "unknown";

    public static readonly Workload Unknown = new();

    public string Name { get; init; } = UnknownText;

    public string Namespace { get; init; } = UnknownText;

    public string App { get; init; } = UnknownText;

    public string Version { get; init; } = UnknownText;

    public string CanonicalService { get; init; } = UnknownText;

    public string CanonicalRevision { get; init; } = "latest";

    public string Cluster { get; init; } = UnknownText;

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>From node metadata, or from what a peer sent of its own: the same keys.</summary>
    public static Workload From(Struct metadata)
    {
        Dictionary<string, string> labels = [];
        if (metadata.Fields.TryGetValue("LABELS", out Value? map) && map.KindCase == Value.KindOneofCase.StructValue)
        {
            foreach ((string key, Value value) in map.StructValue.Fields)
            {
                labels[key] = value.StringValue;
            }
        }
        string workload = Text(metadata, "WORKLOAD_NAME");
        return new Workload
        {
            Name = Or(workload, UnknownText),
            Namespace = Or(Text(metadata, "NAMESPACE"), UnknownText),
            App = labels.GetValueOrDefault("app") ?? UnknownText,
            Version = labels.GetValueOrDefault("version") ?? UnknownText,
            // Without the label the service is named after the workload (Istio, "Canonical service").
            CanonicalService = labels.GetValueOrDefault("service.istio.io/canonical-name") ?? Or(workload, UnknownText),
            CanonicalRevision = labels.GetValueOrDefault("service.istio.io/canonical-revision") ?? "latest",
            Cluster = Or(Text(metadata, "CLUSTER_ID"), UnknownText),
            Labels = labels,
        };
    }

    /// <summary>From an endpoint's metadata istio.workload: <c>name;namespace;canonical name;canonical revision;cluster</c>; null if it is not that.</summary>
    public static Workload? FromEndpoint(string text)
    {
        string[] parts = text.Split(';');
        return parts.Length < 5 ? null : new Workload
        {
            Name = Or(parts[0], UnknownText),
            Namespace = Or(parts[1], UnknownText),
            App = Or(parts[2], UnknownText),
            Version = Or(parts[3], UnknownText),
            CanonicalService = Or(parts[2], UnknownText),
            CanonicalRevision = Or(parts[3], "latest"),
            Cluster = Or(parts[4], UnknownText),
        };
    }

    private static string Text(Struct metadata, string key) => metadata.Fields.TryGetValue(key, out Value? value) ? value.StringValue : "";

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;
}
