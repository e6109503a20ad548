using System.Globalization;

namespace Lateen.Interception.Options;

/// <summary>
/// A pod -> the arguments of istio-iptables that its annotations and its sidecar's environment stand for, as Istio CNI 1.19 derives them.
/// </summary>
public static class PodArguments
{
    private const string Prefix = "traffic.sidecar.istio.io/";
    private const string StatusPort = "15020";
    private static readonly string[] SidecarPorts = [StatusPort, "15021", "15090"];

    /// <summary>The arguments; the values are not checked here, the binder does that.</summary>
    /// <param name="annotations">The pod's.</param>
    /// <param name="proxyEnvironment">The sidecar's, proxyMetadata included.</param>
    /// <param name="proxyUid">The sidecar's user; null or 0 stands for 1337.</param>
    /// <param name="proxyGid">The sidecar's group; likewise.</param>
    public static IReadOnlyList<string> ForPod(
        IReadOnlyDictionary<string, string> annotations, IReadOnlyDictionary<string, string> proxyEnvironment, long? proxyUid, long? proxyGid)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        ArgumentNullException.ThrowIfNull(proxyEnvironment);
        string Annotation(string name, string fallback) => annotations.GetValueOrDefault(Prefix + name, fallback);
        string Variable(string name) => proxyEnvironment.GetValueOrDefault(name, "false");
        string inboundExcluded = string.Join(',', Annotation("excludeInboundPorts", StatusPort)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Concat(SidecarPorts).Distinct());
        string captureDns = Variable("ISTIO_META_DNS_CAPTURE");
        return
        [
            "--envoy-port=15001",
            "--inbound-capture-port=15006",
            "--proxy-uid=" + Id(proxyUid),
            "--proxy-gid=" + Id(proxyGid),
            "--istio-inbound-interception-mode=" + annotations.GetValueOrDefault("sidecar.istio.io/interceptionMode", "REDIRECT"),
            "--istio-inbound-ports=" + Annotation("includeInboundPorts", "*"),
            "--istio-local-exclude-ports=" + inboundExcluded,
            "--istio-service-cidr=" + Annotation("includeOutboundIPRanges", "*"),
            "--istio-service-exclude-cidr=" + Annotation("excludeOutboundIPRanges", ""),
            "--istio-outbound-ports=" + Annotation("includeOutboundPorts", ""),
            "--istio-local-outbound-ports-exclude=" + Annotation("excludeOutboundPorts", StatusPort),
            "--istio-exclude-interfaces=" + Annotation("excludeInterfaces", ""),
            "--kube-virt-interfaces=" + Annotation("kubevirtInterfaces", ""),
            "--redirect-dns=" + captureDns,
            "--capture-all-dns=" + captureDns,
            "--drop-invalid=" + Variable("INVALID_DROP"),
            "--dual-stack=" + Variable("ISTIO_DUAL_STACK"),
        ];
    }

    private static string Id(long? id) => id is null or 0 ? OptionBinder.DefaultProxyId : id.Value.ToString(CultureInfo.InvariantCulture);
}
