using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Lateen.Injection.Pods;
using Lateen.Injection.Yaml;

namespace Lateen.Injection.Policy;

/// <summary>What the values of injection's annotations must look like; a wrong one refuses the pod.</summary>
/// <remarks>Source: Istio, "Resource Annotations".</remarks>
internal static class AnnotationRules
{
    private static readonly Dictionary<string, Func<string, string?>> Rules = new(StringComparer.Ordinal)
    {
        ["sidecar.istio.io/interceptionMode"] = value => value is "REDIRECT" or "TPROXY" or "NONE" ? null : "must be REDIRECT, TPROXY or NONE",
        ["sidecar.istio.io/enableCoreDump"] = Bool,
        ["prometheus.istio.io/merge-metrics"] = Bool,
        ["status.sidecar.istio.io/port"] = Port,
        ["readiness.status.sidecar.istio.io/initialDelaySeconds"] = Seconds,
        ["readiness.status.sidecar.istio.io/periodSeconds"] = Seconds,
        ["readiness.status.sidecar.istio.io/failureThreshold"] = Seconds,
        ["traffic.sidecar.istio.io/includeOutboundIPRanges"] = value => value == "*" ? null : Ranges(value, "includeIPRanges"),
        ["traffic.sidecar.istio.io/excludeOutboundIPRanges"] = value => Ranges(value, "excludeIPRanges"),
        ["traffic.sidecar.istio.io/includeInboundPorts"] = value => value == "*" ? null : Ports(value),
        ["traffic.sidecar.istio.io/excludeInboundPorts"] = Ports,
        ["traffic.sidecar.istio.io/includeOutboundPorts"] = value => value == "*" ? null : Ports(value),
        ["traffic.sidecar.istio.io/excludeOutboundPorts"] = Ports,
        ["proxy.istio.io/config"] = ProxyConfig,
    };

    /// <summary>One sentence per wrong annotation, with its name, value and what is wanted.</summary>
    public static IReadOnlyList<string> Check(JsonObject pod) =>
        [.. (pod["metadata"]?["annotations"] as JsonObject ?? [])
            .Select(entry => (entry.Key, Value: PodParts.Text(entry.Value) ?? ""))
            .Where(entry => Rules.ContainsKey(entry.Key))
            .Select(entry => (entry.Key, entry.Value, Problem: Rules[entry.Key](entry.Value)))
            .Where(entry => entry.Problem is not null)
            .Select(entry => $"invalid value \"{Shorten(entry.Value)}\" for annotation {entry.Key}: {entry.Problem}")];

    /// <summary>Go's strconv.ParseBool; null for any other text.</summary>
    public static bool? ParseBool(string? value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };

    private static string? Bool(string value) => ParseBool(value) is null ? "must be true or false" : null;

    private static string? Seconds(string value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : "must be a whole number of at least 0";

    private static string? Port(string value) =>
        ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : "must be a port from 0 to 65535";

    private static string? Ports(string value) => Items(value)
        .Select(port => Port(port) is { } problem ? $"\"{port}\" {problem}" : null)
        .FirstOrDefault(problem => problem is not null);

    // The setting's name is the one that the values have, by which people know it.
    private static string? Ranges(string value, string setting) => Items(value)
        .Select(range => IsRange(range) ? null : $"{setting}: \"{range}\" must be an address range such as 10.0.0.0/8")
        .FirstOrDefault(problem => problem is not null);

    private static bool IsRange(string range)
    {
        var slash = range.IndexOf('/');
        return slash > 0
            && IPAddress.TryParse(range.AsSpan(0, slash), out var address)
            && byte.TryParse(range.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= address.GetAddressBytes().Length * 8;
    }

    private static string? ProxyConfig(string value)
    {
        try
        {
            return YamlReader.Read(value) is null or JsonObject ? null : "must be a ProxyConfig in YAML or JSON";
        }
        catch (FormatException problem)
        {
            return $"must be a ProxyConfig in YAML or JSON: {problem.Message}";
        }
    }

    private static string[] Items(string value) => value.Length == 0 ? [] : value.Split(',', StringSplitOptions.TrimEntries);

    private static string Shorten(string value) => value.Length <= 100 ? value : value[..100] + "…";
}
