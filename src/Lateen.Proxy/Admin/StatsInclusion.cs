using System.Text.RegularExpressions;

namespace Lateen.Proxy.Admin;

/// <summary>Which statistics a scrape gets: by beginning, end or expression of their full names (envoy.config.metrics.v3.StatsMatcher).</summary>
/// <remarks>Istio's metrics are always in. The admin page /stats shows everything, whatever is included here.</remarks>
public sealed class StatsInclusion
{
    /// <summary>Nothing beside Istio's metrics.</summary>
    public static readonly StatsInclusion None = new([], [], []);

    private readonly string[] _prefixes;
    private readonly string[] _suffixes;
    private Regex[] _expressions;

    /// <exception cref="FormatException">An expression cannot be read.</exception>
    public StatsInclusion(IEnumerable<string> prefixes, IEnumerable<string> suffixes, IEnumerable<string> expressions)
    {
        _prefixes = [.. prefixes];
        _suffixes = [.. suffixes];
        _expressions = [.. expressions.Select(Compile)];
    }

    /// <summary>What Istio's bootstrap includes in every sidecar (reference: bootstrap, stats_config.stats_matcher).</summary>
    public static StatsInclusion Istio { get; } = new(
        ["reporter=", "cluster_manager", "listener_manager", "server", "cluster.xds-grpc", "wasm", "workload_discovery", "component", "istio", "lateen", "tracing"],
        ["rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied", "downstream_cx_active"],
        [@"vhost\.*\.route\.*"]);

    /// <summary>Both together.</summary>
    public StatsInclusion And(StatsInclusion other) => new([.. _prefixes, .. other._prefixes], [.. _suffixes, .. other._suffixes], [])
    {
        _expressions = [.. _expressions, .. other._expressions],
    };

    /// <summary>True if a statistic of that name is in.</summary>
    public bool Includes(ReadOnlySpan<char> name)
    {
        foreach (string prefix in _prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }
        foreach (string suffix in _suffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
            {
                return true;
            }
        }
        foreach (Regex expression in _expressions)
        {
            if (expression.IsMatch(name))
            {
                return true;
            }
        }
        return false;
    }

    // Linear time: the text comes from a pod's annotation.
    private static Regex Compile(string expression)
    {
        try
        {
            return new Regex($"^(?:{expression})$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"proxyStatsMatcher: {e.Message}", e);
        }
    }
}
