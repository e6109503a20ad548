using System.Net;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Trace;

/// <summary>Which filter chain of a listener takes a connection.</summary>
/// <remarks>
/// envoy.config.listener.v3.FilterChainMatch: the criteria are looked at one after another, and at each the chains with the most specific
/// match stay; what an earlier criterion has put aside does not come back.
/// </remarks>
internal static class FilterChainSelection
{
    private const int NoMatch = -1;

    private static readonly Func<JsonObject, TracedConnection, int>[] Criteria =
    [
        Port, (m, c) => Prefix(m, "prefixRanges", c.Destination.Address), ServerName, Transport, Application, SourceType,
        (m, c) => Prefix(m, "sourcePrefixRanges", c.Source),
    ];

    /// <summary>The chain; the default one where no other matches; null where there is none either.</summary>
    public static JsonObject? Select(JsonObject listener, TracedConnection connection)
    {
        List<JsonObject> left = [.. listener.Objects("filterChains")];
        foreach (Func<JsonObject, TracedConnection, int> criterion in Criteria)
        {
            ILookup<int, JsonObject> bySpecificity = left.ToLookup(chain => criterion(chain.Object("filterChainMatch") ?? [], connection));
            left = [.. bySpecificity[bySpecificity.Select(g => g.Key).Where(k => k != NoMatch).DefaultIfEmpty(NoMatch).Max()]];
            if (left.Count == 0 || bySpecificity.All(g => g.Key == NoMatch))
            {
                return listener.Object("defaultFilterChain");
            }
        }

        return left[0];
    }

    private static int Port(JsonObject match, TracedConnection connection) =>
        match.Field("destinationPort") is null ? 0 : match.Number("destinationPort") == connection.Destination.Port ? 1 : NoMatch;

    private static int Prefix(JsonObject match, string field, IPAddress address)
    {
        JsonObject[] ranges = [.. match.Objects(field)];
        return ranges.Length == 0 ? 0 : ranges
            .Where(r => IPNetwork.TryParse($"{r.Text("addressPrefix")}/{r.Number("prefixLen")}", out IPNetwork network) && network.Contains(address))
            .Select(r => r.Number("prefixLen") + 1).DefaultIfEmpty(NoMatch).Max();
    }

    private static int ServerName(JsonObject match, TracedConnection connection)
    {
        IReadOnlyList<string> names = match.Texts("serverNames");
        return names.Count == 0 ? 0 : names.Select(n =>
            n == connection.ServerName ? int.MaxValue
            : n.StartsWith("*.", StringComparison.Ordinal) && connection.ServerName.EndsWith(n[1..], StringComparison.OrdinalIgnoreCase) ? n.Length
            : NoMatch).Max();
    }

    private static int Transport(JsonObject match, TracedConnection connection) =>
        match.Text("transportProtocol") is not { Length: > 0 } transport ? 0 : transport == connection.Transport ? 1 : NoMatch;

    private static int Application(JsonObject match, TracedConnection connection)
    {
        IReadOnlyList<string> applications = match.Texts("applicationProtocols");
        return applications.Count == 0 ? 0 : connection.Applications.Any(applications.Contains) ? 1 : NoMatch;
    }

    private static int SourceType(JsonObject match, TracedConnection connection)
    {
        bool local = IPAddress.IsLoopback(connection.Source) || connection.Source.Equals(connection.Destination.Address);
        return match.Text("sourceType") switch
        {
            "SAME_IP_OR_LOOPBACK" => local ? 1 : NoMatch,
            "EXTERNAL" => local ? NoMatch : 1,
            _ => 0,
        };
    }
}
