using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Lateen.Agent.Verbs;

namespace Lateen.Agent.Settings;

/// <summary>Binds command line and environment to <see cref="AgentOptions"/>; the only place that looks at either.</summary>
internal static class AgentOptionsReader
{
    /// <summary>Flags of <c>proxy</c> that take a value; those for another data plane's process are read and left.</summary>
    public static IReadOnlyList<string> Valued { get; } =
    [
        .. LogFlags.Valued, "domain", "meshConfig", "stsPort", "tokenManagerPlugin", "serviceCluster", "proxyLogLevel", "proxyComponentLogLevel",
        "concurrency", "templateFile", "outlierLogPath", "xds-file", "root",
    ];

    public static IReadOnlyList<string> Switches { get; } = [.. LogFlags.Switches, "profiling"];

    /// <summary>The options, or null with what is wrong.</summary>
    public static AgentOptions? Read(Flags flags, IReadOnlyDictionary<string, string> environment, int processors, out string? problem)
    {
        var role = flags.Positions.Count > 0 ? flags.Positions[0] : "sidecar";
        problem = flags.Problem
            ?? (flags.Positions.Count > 1 ? $"unexpected argument \"{flags.Positions[1]}\"" : null)
            ?? (role is "sidecar" or "router" ? null : $"proxy type \"{role}\" is not supported; use sidecar or router");
        if (problem is not null
            || ProxyConfig.Parse(environment.GetValueOrDefault("PROXY_CONFIG", ""), out problem) is not { } proxy)
        {
            return null;
        }
        var merged = new Dictionary<string, string>(environment, StringComparer.Ordinal);
        foreach (var (name, value) in proxy.ProxyMetadata)
        {
            merged[name] = value;
        }
        var concurrency = flags.Number("concurrency", 0) is > 0 and var flag ? flag : proxy.Concurrency ?? CpuLimit(merged, processors);
        problem = flags.Problem;
        var ns = merged.GetValueOrDefault("POD_NAMESPACE", "default");
        var domain = flags.Text("domain", "");
        return problem is not null ? null : new AgentOptions
        {
            Role = role,
            Domain = domain.Length > 0 ? domain : $"{ns}.svc.cluster.local",
            Proxy = proxy,
            Environment = merged,
            Addresses = Addresses(merged.GetValueOrDefault("INSTANCE_IP", "")),
            Concurrency = Math.Clamp(concurrency == 0 ? processors : concurrency, 1, 256),
            Root = flags.Text("root", "/"),
            XdsFile = flags.Text("xds-file", "") is { Length: > 0 } file ? file : null,
        };
    }

    private static int CpuLimit(Dictionary<string, string> environment, int processors) =>
        int.TryParse(environment.GetValueOrDefault("ISTIO_CPU_LIMIT", ""), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? limit
            : processors;

    // INSTANCE_IP first; then what the interfaces carry, for a host outside Kubernetes and for second families.
    private static List<string> Addresses(string instance)
    {
        var addresses = new List<string>();
        if (instance.Length > 0)
        {
            addresses.AddRange(instance.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }
        foreach (var address in NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 && !a.IsIPv6LinkLocal))
        {
            var text = address.ToString();
            if (!addresses.Contains(text))
            {
                addresses.Add(text);
            }
        }
        return addresses.Count > 0 ? addresses : ["127.0.0.1"];
    }
}
