using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Mesh;

namespace Lateen.Config.Analysis.Workloads;

/// <summary>An annotation of Istio's registry.</summary>
/// <param name="Kinds">Kinds that may have it; empty for any.</param>
/// <param name="Problem">What is wrong with a value, or null; not set where any text will do.</param>
internal sealed record KnownAnnotation(string[] Kinds, bool Deprecated = false, Func<string, string?>? Problem = null);

/// <summary>Istio's annotations (the registry of its API, release 1.19), and the rules of the injector for their values.</summary>
internal static class KnownAnnotations
{
    private static readonly string[] Pod = ["Pod"];
    private static readonly string[] Service = ["Service"];
    private static readonly string[] Gateway = ["Gateway"];
    private static readonly string[] WorkloadEntry = ["WorkloadEntry"];

    private static readonly FrozenDictionary<string, KnownAnnotation> All = Table().ToFrozenDictionary();

    public static KnownAnnotation? Find(string name) => All.GetValueOrDefault(name);

    private static Dictionary<string, KnownAnnotation> Table()
    {
        var table = new Dictionary<string, KnownAnnotation>
        {
            ["galley.istio.io/analyze-suppress"] = new([]),
            ["install.operator.istio.io/chart-owner"] = new([]),
            ["install.operator.istio.io/owner-generation"] = new([]),
            ["install.operator.istio.io/version"] = new([]),
            ["install.istio.io/ignoreReconcile"] = new([]),
            ["alpha.istio.io/identity"] = new(Pod, Deprecated: true),
            ["alpha.istio.io/canonical-serviceaccounts"] = new(Service, Deprecated: true),
            ["alpha.istio.io/kubernetes-serviceaccounts"] = new(Service, Deprecated: true),
            ["ambient.istio.io/redirection"] = new(Pod),
            ["istio.io/dry-run"] = new(["AuthorizationPolicy"]),
            ["kubernetes.io/ingress.class"] = new(["Ingress"]),
            ["networking.istio.io/exportTo"] = new(Service),
            ["networking.istio.io/cluster"] = new(["Secret"]),
            ["topology.istio.io/controlPlaneClusters"] = new(["Namespace"]),
            ["traffic.istio.io/nodeSelector"] = new(Service),
            ["prometheus.istio.io/merge-metrics"] = new(Pod, Problem: Boolean),
            ["proxy.istio.io/config"] = new(Pod, Problem: ProxyConfig),
            ["sidecar.istio.io/inject"] = new(Pod, Deprecated: true),
            ["sidecar.istio.io/interceptionMode"] = new(Pod, Problem: Interception),
            ["sidecar.istio.io/enableCoreDump"] = new(Pod, Problem: Boolean),
            ["status.sidecar.istio.io/port"] = new(Pod, Problem: Port),
            ["readiness.status.sidecar.istio.io/applicationPorts"] = new(Pod),
            ["traffic.sidecar.istio.io/includeOutboundIPRanges"] = new(Pod, Problem: AnyOrRanges),
            ["traffic.sidecar.istio.io/excludeOutboundIPRanges"] = new(Pod, Problem: Ranges),
            ["traffic.sidecar.istio.io/includeInboundPorts"] = new(Pod, Problem: AnyOrPorts),
            ["traffic.sidecar.istio.io/excludeInboundPorts"] = new(Pod, Problem: Ports),
            ["traffic.sidecar.istio.io/includeOutboundPorts"] = new(Pod, Problem: AnyOrPorts),
            ["traffic.sidecar.istio.io/excludeOutboundPorts"] = new(Pod, Problem: Ports),
        };
        Add(table, "readiness.status.sidecar.istio.io/", Pod, ["initialDelaySeconds", "periodSeconds", "failureThreshold"], Unsigned);
        Add(table, "traffic.sidecar.istio.io/", Pod, ["excludeInterfaces", "kubevirtInterfaces"]);
        Add(table, "sidecar.istio.io/", Pod,
        [
            "status", "rewriteAppHTTPProbers", "proxyImage", "proxyImageType", "proxyCPU", "proxyMemory", "proxyCPULimit", "proxyMemoryLimit",
            "bootstrapOverride", "statsHistogramBuckets", "extraStatTags", "userVolume", "userVolumeMount", "logLevel", "componentLogLevel", "agentLogLevel",
        ]);
        Add(table, "inject.istio.io/", Pod, ["templates"]);
        Add(table, "proxy.istio.io/", Pod, ["overrides"]);
        Add(table, "istio.io/", Pod, ["rev"]);
        Add(table, "security.istio.io/", Pod, ["tlsMode"]);
        Add(table, "networking.istio.io/", Gateway, ["service-type"]);
        Add(table, "gateway.istio.io/", Gateway, ["controller-version", "name-override", "service-account", "alias-for"]);
        Add(table, "istio.io/", WorkloadEntry, ["workloadController", "connectedAt", "disconnectedAt", "autoRegistrationGroup"]);
        Add(table, "proxy.istio.io/", WorkloadEntry, ["health-checks-enabled"]);
        foreach (var name in new[] { "statsInclusionPrefixes", "statsInclusionSuffixes", "statsInclusionRegexps", "discoveryAddress", "controlPlaneAuthPolicy" })
        {
            table[$"sidecar.istio.io/{name}"] = new KnownAnnotation(Pod, Deprecated: true);
        }

        foreach (var name in new[] { "check", "checkBaseRetryWaitTime", "checkMaxRetryWaitTime", "checkRetries", "lang" })
        {
            table[$"policy.istio.io/{name}"] = new KnownAnnotation(Pod, Deprecated: true);
        }

        return table;
    }

    private static void Add(Dictionary<string, KnownAnnotation> table, string prefix, string[] kinds, string[] names, Func<string, string?>? problem = null)
    {
        foreach (var name in names)
        {
            table[prefix + name] = new KnownAnnotation(kinds, Problem: problem);
        }
    }

    private static string? Boolean(string value) =>
        value is "1" or "t" or "T" or "TRUE" or "true" or "True" or "0" or "f" or "F" or "FALSE" or "false" or "False" ? null : $"\"{value}\" is no boolean";

    private static string? Unsigned(string value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : $"\"{value}\" is no number of 0 or more";

    private static string? Port(string value) =>
        ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : $"\"{value}\" is no port (0 to 65535)";

    private static string? Interception(string value) =>
        value is "REDIRECT" or "TPROXY" or "NONE" ? null : $"\"{value}\" is none of REDIRECT, TPROXY, NONE";

    private static string? ProxyConfig(string value)
    {
        var problems = new List<ConfigProblem>();
        return YamlTree.Read(value, null, problems) is [var node, ..] && problems.Count == 0
            ? ProxyConfigDecoder.Decode(node).Problems.FirstOrDefault(problem => problem.Severity == ProblemSeverity.Error)?.Describe()
            : problems.FirstOrDefault()?.What;
    }

    private static string? AnyOrPorts(string value) => value == "*" ? null : Ports(value);

    private static string? AnyOrRanges(string value) => value == "*" ? null : Ranges(value);

    private static string? Ports(string value) => Items(value).Select(Port).FirstOrDefault(problem => problem is not null);

    private static string? Ranges(string value) =>
        Items(value).Where(item => !IPNetwork.TryParse(item, out _)).Select(item => $"\"{item}\" is no CIDR range").FirstOrDefault();

    private static string[] Items(string value) => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
