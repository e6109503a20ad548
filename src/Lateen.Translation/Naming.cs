using System.Globalization;

namespace Lateen.Translation;

/// <summary>The names of resources that are part of Istio's contract.</summary>
public static class Naming
{
    public const string PassthroughCluster = "PassthroughCluster";
    public const string BlackHoleCluster = "BlackHoleCluster";
    public const string InboundPassthroughIpv4 = "InboundPassthroughClusterIpv4";
    public const string InboundPassthroughIpv6 = "InboundPassthroughClusterIpv6";
    public const string VirtualOutbound = "virtualOutbound";
    public const string VirtualInbound = "virtualInbound";
    public const string PassthroughFilterChain = "PassthroughFilterChain";
    public const string AllowAny = "allow_any";
    public const string BlockAll = "block_all";
    public const string IstioMetadata = "istio";

    /// <summary>How the names of SNI-routed clusters begin.</summary>
    public const string SniPrefix = "outbound_.";

    /// <summary>`outbound|80|v1|reviews.default.svc.cluster.local`.</summary>
    public static string Outbound(string host, string subset, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"outbound|{port}|{subset}|{host}");

    /// <summary>`outbound_.80_.v1_.reviews.default.svc.cluster.local`: the server name of mutual TLS, and a gateway's SNI-routed cluster.</summary>
    public static string OutboundSni(string host, string subset, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"outbound_.{port}_.{subset}_.{host}");

    /// <summary>`inbound|8080||`.</summary>
    public static string Inbound(int port) => string.Create(CultureInfo.InvariantCulture, $"inbound|{port}||");

    /// <summary>The parts of an outbound cluster's name; null when it is none.</summary>
    public static (int Port, string Subset, string Host)? ParseOutbound(string cluster)
    {
        string[] parts;
        if (cluster.StartsWith("outbound|", StringComparison.Ordinal))
        {
            parts = cluster.Split('|', 4);
        }
        else if (cluster.StartsWith(SniPrefix, StringComparison.Ordinal))
        {
            parts = cluster.Split("_.", 4);
        }
        else
        {
            return null;
        }

        return parts.Length == 4 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? (port, parts[2], parts[3])
            : null;
    }

    /// <summary>`0.0.0.0_80`.</summary>
    public static string Listener(string bind, int port) => string.Create(CultureInfo.InvariantCulture, $"{bind}_{port}");

    /// <summary>`reviews.default.svc.cluster.local:80`, also of virtual hosts.</summary>
    public static string HostPort(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
}
