using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>Which listeners <c>proxy-config listener</c> shows; a null or empty criterion selects all, several are ANDed.</summary>
/// <param name="Address">A main or additional address, ignoring case.</param>
/// <param name="Port">The main port; 0 selects all.</param>
/// <param name="Type">HTTP, TCP, HTTP+TCP or UNKNOWN, ignoring case.</param>
public sealed record ListenerFilter(string? Address = null, int Port = 0, string? Type = null)
{
    internal bool Selects(JsonObject listener) =>
        (string.IsNullOrEmpty(Address) || ListenerTable.Addresses(listener).Contains(Address, StringComparer.OrdinalIgnoreCase))
        && (Port == 0 || ListenerTable.Port(listener) == Port)
        && (string.IsNullOrEmpty(Type) || string.Equals(ListenerTable.Type(listener), Type, StringComparison.OrdinalIgnoreCase));
}

/// <summary>The table of <c>proxy-config listener</c>.</summary>
public static class ListenerTable
{
    /// <summary>One row per filter chain, or per listener where <paramref name="verbose"/> is false; sorted by port, address and type.</summary>
    /// <param name="dump">The proxy's configuration.</param>
    /// <param name="filter">Which listeners.</param>
    /// <param name="verbose">One row per filter chain.</param>
    /// <param name="isPart">The table is one of several: a first column NAME tells the kind and the name.</param>
    public static string Render(ConfigDump dump, ListenerFilter filter, bool verbose = true, bool isPart = false)
    {
        ArgumentNullException.ThrowIfNull(dump);
        JsonObject[] listeners = [.. dump.Listeners().Where(filter.Selects)
            .OrderBy(Port).ThenBy(l => MainAddress(l), StringComparer.Ordinal).ThenBy(Type, StringComparer.Ordinal)];
        string[] named = isPart ? ["NAME"] : [];
        TextTable table = verbose ? new(1, [.. named, "ADDRESSES", "PORT", "MATCH", "DESTINATION"]) : new(1, [.. named, "ADDRESSES", "PORT", "TYPE"]);
        foreach (JsonObject listener in listeners)
        {
            string[] name = isPart ? [$"listener/{listener.Text("name")}"] : [];
            string addresses = string.Join(",", Addresses(listener));
            if (!verbose)
            {
                table.Add([.. name, addresses, $"{Port(listener)}", Type(listener)]);
                continue;
            }

            foreach (var (match, destination) in Chains(listener))
            {
                table.Add([.. name, addresses, $"{Port(listener)}", match, destination]);
            }
        }

        return table.ToString();
    }

    /// <summary>The selected listeners as protobuf JSON.</summary>
    public static string RenderJson(ConfigDump dump, ListenerFilter filter)
    {
        ArgumentNullException.ThrowIfNull(dump);
        return ProtoJson.Print(dump.Listeners().Where(filter.Selects));
    }

    internal static IReadOnlyList<string> Addresses(JsonObject listener) =>
    [
        .. new[] { listener.Object("address") }
            .Concat(listener.Objects("additionalAddresses").Select(a => a.Object("address")))
            .OfType<JsonObject>()
            .Select(a => a.Object("socketAddress")?.Text("address") ?? a.Object("pipe")?.Text("path") ?? ""),
    ];

    private static string MainAddress(JsonObject listener) => Addresses(listener) is [var first, ..] ? first : "";

    internal static int Port(JsonObject listener) => listener.Object("address")?.Object("socketAddress")?.Number("portValue") ?? 0;

    internal static string Type(JsonObject listener)
    {
        bool http = false;
        bool tcp = false;
        foreach (JsonObject filter in AllChains(listener).SelectMany(chain => chain.Objects("filters")))
        {
            http |= FilterDestination.IsHttp(filter);
            tcp |= FilterDestination.IsTcp(filter);
        }

        return (http, tcp) switch
        {
            (true, true) => "HTTP+TCP",
            (true, false) => "HTTP",
            (false, true) => "TCP",
            _ => "UNKNOWN",
        };
    }

    private static IEnumerable<(string Match, string Destination)> Chains(JsonObject listener)
    {
        var chains = listener.Objects("filterChains")
            .Select(chain => (Match: FilterChainMatchText.Of(chain.Object("filterChainMatch")), Destination: FilterDestination.Of(chain)))
            .OrderByDescending(chain => chain.Destination, StringComparer.Ordinal);
        return listener.Object("defaultFilterChain") is { } last ? chains.Append(("ALL", FilterDestination.Of(last))) : chains;
    }

    private static IEnumerable<JsonObject> AllChains(JsonObject listener) =>
        listener.Object("defaultFilterChain") is { } last ? listener.Objects("filterChains").Append(last) : listener.Objects("filterChains");
}
