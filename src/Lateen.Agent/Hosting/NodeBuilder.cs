using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Agent.Settings;
using Lateen.Agent.Verbs;

namespace Lateen.Agent.Hosting;

/// <summary>The xDS node: who this workload is, in Istio's id form and metadata keys.</summary>
internal static class NodeBuilder
{
    private const string MetadataPrefix = "ISTIO_META_";
    private const string JsonPrefix = "ISTIO_METAJSON_";

    public static Node Build(AgentOptions options)
    {
        var labels = DownwardFile.Read(options.LabelsPath);
        var metadata = Metadata(options, labels);
        return new Node
        {
            Id = $"{options.Role}~{options.Addresses[0]}~{options.Workload}.{options.Namespace}~{options.Domain}",
            Cluster = $"{CanonicalName(options, labels)}.{options.Namespace}",
            Metadata = metadata,
            UserAgentName = "lateen",
            UserAgentVersion = VersionVerb.Version,
        };
    }

    private static Struct Metadata(AgentOptions options, IReadOnlyDictionary<string, string> labels)
    {
        var metadata = new Struct();
        foreach (var (name, value) in options.Environment.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (name.StartsWith(MetadataPrefix, StringComparison.Ordinal) && value.Length > 0)
            {
                metadata.Fields[name[MetadataPrefix.Length..]] = Value.ForString(value);
            }
            else if (name.StartsWith(JsonPrefix, StringComparison.Ordinal) && Json(value) is { } parsed)
            {
                metadata.Fields[name[JsonPrefix.Length..]] = parsed;
            }
        }
        Set(metadata, "NAME", options.Workload);
        Set(metadata, "NAMESPACE", options.Namespace);
        Set(metadata, "INSTANCE_IPS", string.Join(',', options.Addresses));
        Set(metadata, "SERVICE_ACCOUNT", options.Variable("SERVICE_ACCOUNT", ""));
        Set(metadata, "ISTIO_VERSION", VersionVerb.Version);
        Set(metadata, "ISTIO_PROXY_SHA", "lateen");
        Set(metadata, "PILOT_SAN", options.Proxy.DiscoveryAddress.Split(':')[0]);
        metadata.Fields["ENVOY_STATUS_PORT"] = Value.ForNumber(options.HealthPort);
        metadata.Fields["ENVOY_PROMETHEUS_PORT"] = Value.ForNumber(options.PrometheusPort);
        if (labels.Count > 0)
        {
            metadata.Fields["LABELS"] = Map(labels);
        }
        if (DownwardFile.Read(options.AnnotationsPath) is { Count: > 0 } annotations)
        {
            metadata.Fields["ANNOTATIONS"] = Map(annotations);
        }
        if (options.Proxy.Raw is { } proxy)
        {
            metadata.Fields["PROXY_CONFIG"] = Value.ForStruct(proxy);
        }
        return metadata;
    }

    private static string CanonicalName(AgentOptions options, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var label in new[] { "service.istio.io/canonical-name", "app.kubernetes.io/name", "app" })
        {
            if (labels.TryGetValue(label, out var name) && name.Length > 0)
            {
                return name;
            }
        }
        return options.Variable("ISTIO_META_WORKLOAD_NAME", "istio-proxy");
    }

    private static void Set(Struct metadata, string key, string value)
    {
        if (value.Length > 0)
        {
            metadata.Fields[key] = Value.ForString(value);
        }
    }

    private static Value Map(IReadOnlyDictionary<string, string> pairs)
    {
        var map = new Struct();
        foreach (var (key, value) in pairs)
        {
            map.Fields[key] = Value.ForString(value);
        }
        return Value.ForStruct(map);
    }

    private static Value? Json(string text)
    {
        try
        {
            return JsonParser.Default.Parse<Value>(text);
        }
        catch (IOException)
        {
            // What the parser throws for broken JSON and for a wrong shape. A variable that only looks like ours must not keep the pod from starting.
            return null;
        }
    }
}
