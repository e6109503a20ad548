using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Proxyless;

/// <summary>The routes of one service port, under the name of its cluster.</summary>
internal static class ProxylessRoutes
{
    public static RouteConfiguration? Build(ProxyContext context, string name)
    {
        if (Naming.ParseOutbound(name) is not { Subset.Length: 0 } parts
            || context.FindService(parts.Host) is not { } service
            || service.FindPort(parts.Port) is null)
        {
            return null;
        }

        // The same virtual host as of a listener that serves this port alone.
        var built = SidecarRoutes.Build(context, Naming.HostPort(service.Hostname, parts.Port));
        var configuration = new RouteConfiguration { Name = name };
        configuration.VirtualHosts.AddRange(built.VirtualHosts);
        foreach (var route in configuration.VirtualHosts.SelectMany(v => v.Routes))
        {
            UseOlderMatchers(route.Match);
        }

        if (configuration.VirtualHosts.Count == 0)
        {
            configuration.VirtualHosts.Add(Default(context, name, service.Hostname, parts.Port));
        }

        return configuration;
    }

    /// <summary>Says header conditions in the fields that every client knows.</summary>
    /// <remarks>gRPC 1.51 (Debian 12) refuses a route whose header matcher has `string_match`; newer ones take the older fields as well.</remarks>
    private static void UseOlderMatchers(RouteMatch match)
    {
        foreach (var header in match.Headers)
        {
            if (header.HeaderMatchSpecifierCase != HeaderMatcher.HeaderMatchSpecifierOneofCase.StringMatch || header.StringMatch.IgnoreCase)
            {
                continue;
            }

            var text = header.StringMatch;
            switch (text.MatchPatternCase)
            {
                case StringMatcher.MatchPatternOneofCase.Exact:
                    header.ExactMatch = text.Exact;
                    break;
                case StringMatcher.MatchPatternOneofCase.Prefix:
                    header.PrefixMatch = text.Prefix;
                    break;
                case StringMatcher.MatchPatternOneofCase.Suffix:
                    header.SuffixMatch = text.Suffix;
                    break;
                case StringMatcher.MatchPatternOneofCase.Contains:
                    header.ContainsMatch = text.Contains;
                    break;
                case StringMatcher.MatchPatternOneofCase.SafeRegex:
                    header.SafeRegexMatch = text.SafeRegex;
                    break;
            }
        }
    }

    /// <summary>A port that is not named as HTTP: who calls it by gRPC knows better.</summary>
    private static VirtualHost Default(ProxyContext context, string cluster, string host, int port)
    {
        var name = Naming.HostPort(host, port);
        return new() { Name = name, Domains = { "*" }, Routes = { HttpRoutes.Default(context, cluster, $"{name}/*") } };
    }
}
