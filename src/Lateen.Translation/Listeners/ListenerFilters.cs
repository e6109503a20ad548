using Envoy.Config.Listener.V3;

namespace Lateen.Translation.Listeners;

/// <summary>Filters that look at a connection before a chain is chosen.</summary>
internal static class ListenerFilters
{
    public const string TlsInspectorName = "envoy.filters.listener.tls_inspector";
    public const string HttpInspectorName = "envoy.filters.listener.http_inspector";
    private const string Prefix = "envoy.extensions.filters.listener.";

    public static ListenerFilter OriginalDestination() => Filter("envoy.filters.listener.original_dst", "original_dst.v3.OriginalDst");

    public static ListenerFilter TlsInspector() => Filter(TlsInspectorName, "tls_inspector.v3.TlsInspector");

    public static ListenerFilter HttpInspector() => Filter(HttpInspectorName, "http_inspector.v3.HttpInspector");

    /// <summary>What stands before a gateway tells who calls (PROXY protocol).</summary>
    public static ListenerFilter ProxyProtocol() => Filter("envoy.filters.listener.proxy_protocol", "proxy_protocol.v3.ProxyProtocol");

    /// <summary>Upstream connections carry the caller's address (TPROXY).</summary>
    public static ListenerFilter OriginalSource() => new()
    {
        Name = "envoy.filters.listener.original_src",
        TypedConfig = new Envoy.Extensions.Filters.Listener.OriginalSrc.V3.OriginalSrc { Mark = 1337 }.Pack(),
    };

    /// <summary>A filter that is skipped on these destination ports; the same filter when there is none.</summary>
    public static ListenerFilter DisabledOn(ListenerFilter filter, IReadOnlyCollection<int> ports)
    {
        var predicates = ports.Order().Select(OnPort).ToList();
        if (predicates.Count == 1)
        {
            filter.FilterDisabled = predicates[0];
        }
        else if (predicates.Count > 1)
        {
            filter.FilterDisabled = new() { OrMatch = new() { Rules = { predicates } } };
        }

        return filter;
    }

    /// <summary>A filter that is skipped on all other destination ports.</summary>
    public static ListenerFilter EnabledOn(ListenerFilter filter, IReadOnlyCollection<int> ports)
    {
        DisabledOn(filter, ports);
        filter.FilterDisabled = new() { NotMatch = filter.FilterDisabled };
        return filter;
    }

    private static ListenerFilterChainMatchPredicate OnPort(int port) => new()
    {
        DestinationPortRange = new() { Start = port, End = port + 1 },
    };

    private static ListenerFilter Filter(string name, string message) => new()
    {
        Name = name,
        TypedConfig = Protobuf.EmptyOf(Prefix + message),
    };
}
