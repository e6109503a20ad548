using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.OriginalSrc.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Lateen.Api;
using Lateen.Proxy.Listeners;

namespace Lateen.Proxy.Compile;

/// <summary>Listener filters: inspectors, restored destinations and sources, PROXY headers.</summary>
internal static class ListenerFilterCompiler
{
    public static ListenerFilters Compile(CompileScope scope, Listener listener)
    {
        ListenerFilters found = new();
        for (int i = 0; i < listener.ListenerFilters.Count; i++)
        {
            ListenerFilter filter = listener.ListenerFilters[i];
            string type = TypeUrls.MessageName(filter.TypedConfig?.TypeUrl ?? "");
            string name = type.Length > 0 ? type : filter.Name;
            if (name.Contains("tls_inspector", StringComparison.Ordinal))
            {
                found.Tls = true;
                Disabled(filter.FilterDisabled, found.TlsDisabled);
            }
            else if (name.Contains("http_inspector", StringComparison.Ordinal))
            {
                found.Http = true;
                Disabled(filter.FilterDisabled, found.HttpDisabled);
            }
            else if (name.Contains("original_dst", StringComparison.Ordinal))
            {
                found.OriginalDestination = true;
            }
            else if (name.Contains("original_src", StringComparison.Ordinal))
            {
                OriginalSrc source = scope.Unpack(filter.TypedConfig, OriginalSrc.Parser, $"listener_filters[{i}].typed_config") ?? new OriginalSrc();
                found.OriginalSource = new OriginalSourceConfig(source.BindPort, source.Mark);
            }
            else if (name.Contains("proxy_protocol", StringComparison.Ordinal))
            {
                found.ProxyProtocol = ProxyProtocol(scope, filter, $"listener_filters[{i}].typed_config");
            }
            else
            {
                scope.Refuse($"listener_filters[{i}]", $"listener filter {filter.Name} ({type}) is not supported");
            }
        }
        return found;
    }

    // Only destination port ranges, alone or joined by or: what Istio sends.
    private static void Disabled(ListenerFilterChainMatchPredicate? predicate, List<(int, int)> ports)
    {
        if (predicate?.DestinationPortRange is { } range)
        {
            ports.Add((range.Start, range.End));
        }
        foreach (ListenerFilterChainMatchPredicate rule in predicate?.OrMatch?.Rules ?? [])
        {
            Disabled(rule, ports);
        }
    }

    private static ProxyProtocolConfig ProxyProtocol(CompileScope scope, ListenerFilter filter, string path)
    {
        ProxyProtocol message = scope.Unpack(filter.TypedConfig, Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol.Parser, path) ?? new();
        foreach (ProxyProtocol.Types.Rule rule in message.Rules.Where(r => r.TlvType > byte.MaxValue || r.OnTlvPresent is not { Key.Length: > 0 }))
        {
            scope.Refuse(path + ".rules", $"tlv_type {rule.TlvType} must be less than 256 and on_tlv_present must have a key");
        }
        return new ProxyProtocolConfig
        {
            AllowsAbsence = message.AllowRequestsWithoutProxyProtocol,
            RefusesVersion1 = message.DisallowedVersions.Contains(Envoy.Config.Core.V3.ProxyProtocolConfig.Types.Version.V1),
            RefusesVersion2 = message.DisallowedVersions.Contains(Envoy.Config.Core.V3.ProxyProtocolConfig.Types.Version.V2),
            Kept = TransportSocketCompiler.Records(scope, message.PassThroughTlvs, path + ".pass_through_tlvs"),
            Rules = [.. message.Rules.Select(r => (
                (byte)r.TlvType,
                r.OnTlvPresent?.MetadataNamespace is { Length: > 0 } name ? name : "envoy.filters.listener.proxy_protocol",
                r.OnTlvPresent?.Key ?? ""))],
        };
    }
}

/// <summary>What a listener's filters do before a chain is chosen.</summary>
internal sealed class ListenerFilters
{
    public ProxyProtocolConfig? ProxyProtocol { get; set; }

    public OriginalSourceConfig? OriginalSource { get; set; }

    public bool Tls { get; set; }

    public bool Http { get; set; }

    public bool OriginalDestination { get; set; }

    public List<(int Start, int End)> TlsDisabled { get; } = [];

    public List<(int Start, int End)> HttpDisabled { get; } = [];
}
