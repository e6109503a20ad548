using Envoy.Config.Cluster.V3;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Telemetry;

/// <summary>The service behind a cluster, as cluster metadata <c>istio.services[0]</c> names it.</summary>
internal sealed record MeshService(string Host, string Name, string Namespace)
{
    private static readonly string[] PseudoClusters =
        ["BlackHoleCluster", "PassthroughCluster", "InboundPassthroughClusterIpv4", "InboundPassthroughClusterIpv6"];

    /// <summary>Null when the cluster names none: then the Host header or the workload itself stands for it.</summary>
    public static MeshService? Of(Cluster cluster)
    {
        if (Array.IndexOf(PseudoClusters, cluster.Name) >= 0)
        {
            return Named(cluster.Name);
        }
        if (cluster.Metadata?.FilterMetadata.TryGetValue("istio", out Struct? istio) != true
            || !istio!.Fields.TryGetValue("services", out Value? services)
            || services.ListValue?.Values.FirstOrDefault()?.StructValue is not { } first)
        {
            return null;
        }
        string Field(string key) => first.Fields.TryGetValue(key, out Value? value) ? value.StringValue : "";
        string host = Field("host");
        return host.Length == 0 ? null : new MeshService(
            host, Field("name") is { Length: > 0 } name ? name : FirstLabel(host), Field("namespace") is { Length: > 0 } ns ? ns : Workload.UnknownText);
    }

    /// <summary>A service of which no more than its host is known.</summary>
    public static MeshService FromHost(string host) => new(host, FirstLabel(host), Workload.UnknownText);

    public static MeshService Named(string name) => new(name, name, Workload.UnknownText);

    private static string FirstLabel(string host) => host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? host[..dot] : host;
}
