using System.Text;
using System.Text.RegularExpressions;

namespace Lateen.Proxy.Admin;

/// <summary>Splits a statistic's full name into Prometheus' name and labels, by the tags of Istio's bootstrap.</summary>
/// <remarks>
/// Tags: cluster_name, http_conn_manager_prefix, tcp_prefix, listener_address, response_code, response_code_class. A cluster's name has
/// dots in it, so known cluster names decide where it ends; Istio's own expression would cut a name outside of .svc.cluster.local at its
/// first dot.
/// </remarks>
internal sealed partial class StatTags(IEnumerable<string> clusterNames)
{
    private readonly HashSet<string> _clusters = clusterNames.ToHashSet(StringComparer.Ordinal);

    /// <summary>The metric's name with the envoy_ prefix, or without for Istio's own metrics, and its labels.</summary>
    public (string Name, IReadOnlyList<KeyValuePair<string, string>> Labels) Split(string name)
    {
        var labels = new List<KeyValuePair<string, string>>();
        if (name.StartsWith("istiocustom.", StringComparison.Ordinal))
        {
            return (IstioMetric(name["istiocustom.".Length..], labels), labels);
        }
        name = Cut(name, "cluster.", "cluster_name", ClusterEnd(name), labels);
        name = Cut(name, "http.", "http_conn_manager_prefix", EndBefore(name, "http.", HttpStat()), labels);
        name = Cut(name, "tcp.", "tcp_prefix", EndBefore(name, "tcp.", TcpStat()), labels);
        name = Cut(name, "listener.", "listener_address", EndBefore(name, "listener.", ListenerStat()), labels);
        var code = ResponseCode().Match(name);
        if (code.Success)
        {
            labels.Add(new(code.Groups[1].Value.EndsWith('x') ? "response_code_class" : "response_code", code.Groups[1].Value.TrimEnd('x')));
            name = name[..code.Groups[1].Index].TrimEnd('_') + (code.Groups[1].Value.EndsWith('x') ? "_xx" : string.Empty);
        }
        return ("envoy_" + Sanitize(name), labels);
    }

    /// <summary>Every character that a metric's name may not have becomes an underscore.</summary>
    public static string Sanitize(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_');
        }
        return text.ToString();
    }

    // Istio's metrics carry their labels in the name: "istio_requests_total;.;reporter=.=source;.;...".
    private static string IstioMetric(string name, List<KeyValuePair<string, string>> labels)
    {
        var parts = name.Split(";.;", StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf("=.=", StringComparison.Ordinal);
            if (equals > 0)
            {
                labels.Add(new(part[..equals], part[(equals + 3)..]));
            }
        }
        return parts.Length > 0 ? Sanitize(parts[0].TrimEnd('.')) : string.Empty;
    }

    private static string Cut(string name, string prefix, string label, int end, List<KeyValuePair<string, string>> labels)
    {
        if (end <= prefix.Length || !name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return name;
        }
        labels.Add(new(label, name[prefix.Length..end].TrimEnd(';', '.')));
        return prefix + name[(end + 1)..];
    }

    private int ClusterEnd(string name)
    {
        if (!name.StartsWith("cluster.", StringComparison.Ordinal))
        {
            return -1;
        }
        for (var dot = name.LastIndexOf('.'); dot > "cluster.".Length; dot = name.LastIndexOf('.', dot - 1))
        {
            if (_clusters.Contains(name["cluster.".Length..dot]))
            {
                return dot;
            }
        }
        return name.IndexOf('.', "cluster.".Length);
    }

    private static int EndBefore(string name, string prefix, Regex stat)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return -1;
        }
        var match = stat.Match(name, prefix.Length);
        return match.Success ? match.Index : -1;
    }

    [GeneratedRegex(@"\.(?=(downstream_|rq_|rs_|no_|passthrough_|tracing\.|rbac\.|jwt_authn\.|fault\.|ext_authz\.|user_agent\.|cors\.))")]
    private static partial Regex HttpStat();

    [GeneratedRegex(@"\.(?=(downstream_|upstream_|idle_timeout|max_downstream))")]
    private static partial Regex TcpStat();

    [GeneratedRegex(@"\.(?=(downstream_|no_filter_chain_match|ssl\.|http\.|worker_|connections_))")]
    private static partial Regex ListenerStat();

    [GeneratedRegex(@"_rq_(\d(?:\d\d|xx))$")]
    private static partial Regex ResponseCode();
}
