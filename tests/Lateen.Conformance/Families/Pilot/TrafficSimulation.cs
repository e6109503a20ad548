using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Translation;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>Resolves calls against generated listeners and routes by Envoy's rules, simplified as the corpus README states them.</summary>
internal sealed class TrafficSimulation(ProxyContext context)
{
    private readonly List<Listener> _listeners = [.. ProxyTranslator.Listeners(context)];

    public SimulatedResult Run(SimulatedCall call)
    {
        if (FindListener(call) is not { } listener)
        {
            return new() { Error = "no-listener" };
        }

        var result = new SimulatedResult { Listener = listener.Name };
        var inspectsTls = Inspects(listener, "tls_inspector", call.Port);
        var inspectsHttp = Inspects(listener, "http_inspector", call.Port);
        var transport = inspectsTls && call.IsEncrypted ? "tls" : "raw_buffer";
        var sni = inspectsTls && call.IsEncrypted ? call.Sni : "";
        var alpn = inspectsTls && call.IsEncrypted ? call.Alpn
            : inspectsHttp && !call.IsEncrypted && call.IsHttp ? (call.Protocol == "http2" ? "h2c" : "http/1.1")
            : "";
        var chains = Narrow(listener, call, transport, sni, alpn);
        if (chains.Count > 1)
        {
            return result with { Error = "multiple-filter-chain" };
        }

        if ((chains.Count == 1 ? chains[0] : listener.DefaultFilterChain) is not { } chain)
        {
            return result with { Error = "no-filter-chain" };
        }

        result = result with { FilterChain = chain.Name, TransportSocket = chain.TransportSocket };
        return Enter(chain, call, result);
    }

    private SimulatedResult Enter(FilterChain chain, SimulatedCall call, SimulatedResult result)
    {
        if (chain.TransportSocket is { } socket)
        {
            if (!call.IsEncrypted)
            {
                return result with { Error = "tls-error" };
            }

            if (IsMutual(socket, call) != (call.Tls == "mtls"))
            {
                return result with { Error = "mtls-error" };
            }
        }

        foreach (var filter in chain.Filters)
        {
            if (filter.TypedConfig.Is(HttpConnectionManager.Descriptor))
            {
                // What an HTTP manager sees of an encrypted call that nobody ended is noise.
                return (call.IsEncrypted && chain.TransportSocket is null) || !call.IsHttp
                    ? result with { Error = "protocol-error" }
                    : Route(filter.TypedConfig.Unpack<HttpConnectionManager>(), call, result);
            }

            if (filter.TypedConfig.Is(TcpProxy.Descriptor))
            {
                return result with { Cluster = filter.TypedConfig.Unpack<TcpProxy>().Cluster };
            }
        }

        return result with { Error = "no-filter-chain" };
    }

    private SimulatedResult Route(HttpConnectionManager manager, SimulatedCall call, SimulatedResult result)
    {
        var configuration = manager.RouteConfig ?? ProxyTranslator.Route(context, manager.Rds.RouteConfigName);
        result = result with { RouteConfig = configuration.Name };
        if (FindHost(configuration, call.Host) is not { } host)
        {
            return result with { Error = "no-virtual-host" };
        }

        result = result with { VirtualHost = host.Name };
        if (host.RequireTls == VirtualHost.Types.TlsRequirementType.All && !call.IsEncrypted)
        {
            return result with { Error = "tls-redirect" };
        }

        return host.Routes.FirstOrDefault(r => Matches(r.Match, call.Path)) is { } route
            ? result with { Route = route.Name, Cluster = route.Route_?.Cluster ?? "" }
            : result with { Error = "no-route" };
    }

    private Listener? FindListener(SimulatedCall call)
    {
        if (call.Mode == "inbound")
        {
            return _listeners.Find(l => l.Name == Naming.VirtualInbound);
        }

        return At(call.Address) ?? At("0.0.0.0") ?? _listeners.Find(l => l.Name == Naming.VirtualOutbound);

        Listener? At(string address) => _listeners.Find(l =>
            l.Address.SocketAddress is { } socket && socket.Address == address && socket.PortValue == call.Port);
    }

    private static bool Inspects(Listener listener, string name, int port) => listener.ListenerFilters
        .Any(f => f.Name.EndsWith(name, StringComparison.Ordinal) && !Matches(f.FilterDisabled, port));

    private static bool Matches(ListenerFilterChainMatchPredicate? predicate, int port) => predicate?.RuleCase switch
    {
        ListenerFilterChainMatchPredicate.RuleOneofCase.OrMatch => predicate.OrMatch.Rules.Any(r => Matches(r, port)),
        ListenerFilterChainMatchPredicate.RuleOneofCase.AndMatch => predicate.AndMatch.Rules.All(r => Matches(r, port)),
        ListenerFilterChainMatchPredicate.RuleOneofCase.NotMatch => !Matches(predicate.NotMatch, port),
        ListenerFilterChainMatchPredicate.RuleOneofCase.AnyMatch => true,
        ListenerFilterChainMatchPredicate.RuleOneofCase.DestinationPortRange =>
            port >= predicate.DestinationPortRange.Start && port < predicate.DestinationPortRange.End,
        _ => false,
    };

    private static List<FilterChain> Narrow(Listener listener, SimulatedCall call, string transport, string sni, string alpn)
    {
        var chains = listener.FilterChains.ToList();
        chains = Step(chains, m => m.DestinationPort is not null, m => m.DestinationPort == call.Port);
        chains = Step(chains, m => m.PrefixRanges.Count > 0, m => m.PrefixRanges.Any(r => Contains(r, call.Address)));
        chains = Step(chains, m => m.ServerNames.Count > 0, m => m.ServerNames.Any(name => MatchesName(name, sni)));
        chains = Step(chains, m => m.TransportProtocol.Length > 0, m => m.TransportProtocol == transport);
        return Step(chains, m => m.ApplicationProtocols.Count > 0, m => m.ApplicationProtocols.Contains(alpn));
    }

    /// <summary>Chains that match win; if none does, those that do not ask.</summary>
    private static List<FilterChain> Step(List<FilterChain> chains, Func<FilterChainMatch, bool> asks, Func<FilterChainMatch, bool> matches)
    {
        var winners = chains.FindAll(c => asks(c.FilterChainMatch ?? new()) && matches(c.FilterChainMatch ?? new()));
        return winners.Count > 0 ? winners : chains.FindAll(c => !asks(c.FilterChainMatch ?? new()));
    }

    private static bool Contains(CidrRange range, string address)
    {
        if (!IPAddress.TryParse(address, out var ip) || !IPAddress.TryParse(range.AddressPrefix, out var prefix)
            || ip.AddressFamily != prefix.AddressFamily)
        {
            return false;
        }

        var bits = (int)(range.PrefixLen ?? 0);
        var left = ip.GetAddressBytes();
        var right = prefix.GetAddressBytes();
        for (var i = 0; i < bits; i++)
        {
            var mask = 0x80 >> (i % 8);
            if ((left[i / 8] & mask) != (right[i / 8] & mask))
            {
                return false;
            }
        }

        return true;
    }

    private static bool MatchesName(string pattern, string name) =>
        pattern.StartsWith('*') ? name.EndsWith(pattern[1..], StringComparison.Ordinal) && name.Length > 0 : pattern == name;

    private static bool IsMutual(TransportSocket socket, SimulatedCall call)
    {
        var tls = socket.TypedConfig.Unpack<DownstreamTlsContext>();
        var secret = tls.CommonTlsContext.TlsCertificateSdsSecretConfigs.FirstOrDefault()?.Name;
        return tls.RequireClientCertificate == true && (secret == "default" || (secret is not null && secret == call.MutualSecret));
    }

    private static VirtualHost? FindHost(RouteConfiguration configuration, string host)
    {
        var colon = host.LastIndexOf(':');
        if (configuration.IgnorePortInHostMatching && colon > 0)
        {
            host = host[..colon];
        }

        var domains = configuration.VirtualHosts.SelectMany(v => v.Domains.Select(d => (Domain: d, Host: v))).ToList();
        return Best(d => d == host)
            ?? Best(d => d.Length > 1 && d[0] == '*' && host.EndsWith(d[1..], StringComparison.Ordinal))
            ?? Best(d => d.Length > 1 && d[^1] == '*' && host.StartsWith(d[..^1], StringComparison.Ordinal))
            ?? Best(d => d == "*");

        VirtualHost? Best(Func<string, bool> matches) =>
            domains.Where(d => matches(d.Domain)).OrderByDescending(d => d.Domain.Length).FirstOrDefault().Host;
    }

    private static bool Matches(RouteMatch match, string path) => match.PathSpecifierCase switch
    {
        RouteMatch.PathSpecifierOneofCase.Prefix => path.StartsWith(match.Prefix, StringComparison.Ordinal),
        RouteMatch.PathSpecifierOneofCase.Path => path == match.Path,
        RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix => path == match.PathSeparatedPrefix
            || path.StartsWith(match.PathSeparatedPrefix.TrimEnd('/') + "/", StringComparison.Ordinal),
        RouteMatch.PathSpecifierOneofCase.SafeRegex => System.Text.RegularExpressions.Regex.IsMatch(
            path, $"^(?:{match.SafeRegex.Regex})$", System.Text.RegularExpressions.RegexOptions.NonBacktracking),
        _ => false,
    };
}
