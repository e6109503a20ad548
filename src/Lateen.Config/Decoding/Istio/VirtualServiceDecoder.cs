using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a VirtualService (networking.istio.io).</summary>
internal static class VirtualServiceDecoder
{
    public static VirtualServiceConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var isDelegate = spec["hosts"].Items().IsEmpty;
        var gateways = spec["gateways"].List(GatewayName);
        var config = new VirtualServiceConfig
        {
            Meta = meta,
            Hosts = Hosts(spec["hosts"], gateways),
            Gateways = gateways,
            Http = spec["http"].Messages(http => HttpRouteDecoder.Read(http, isDelegate)),
            Tls = spec["tls"].Messages(ReadTls),
            Tcp = spec["tcp"].Messages(ReadTcp),
            ExportTo = spec["exportTo"].ExportTo(meta.Namespace),
        };
        if (isDelegate)
        {
            CheckDelegate(spec, config);
        }

        CheckClaims(spec, config);
        if (config.Http.IsEmpty && config.Tls.IsEmpty && config.Tcp.IsEmpty)
        {
            spec.Problem("no routes", "give at least one of http, tls, tcp");
        }

        return config;
    }

    /// <summary>`mesh`, `name`, or `namespace/name`.</summary>
    public static string? GatewayName(ValueReader item)
    {
        var text = item.Text();
        if (text is null or "mesh")
        {
            return text;
        }

        var parts = text.Split('/');
        var valid = parts.Length switch
        {
            1 => NameRules.IsDnsName(text),
            2 => (NameRules.IsDnsLabel(parts[0]) || parts[0] == ".") && NameRules.IsDnsName(parts[1]),
            _ => false,
        };
        if (!valid)
        {
            item.Problem($"\"{text}\" names no gateway", "write mesh, NAME or NAMESPACE/NAME");
        }

        return text;
    }

    // Claims of tokens are known on gateways only: sidecars have no dynamic metadata of the client's token.
    private static void CheckClaims(ObjectReader spec, VirtualServiceConfig config)
    {
        if (!config.Gateways.IsEmpty && !config.Gateways.Contains("mesh"))
        {
            return;
        }

        for (var i = 0; i < config.Http.Count; i++)
        {
            foreach (var match in config.Http[i].Match)
            {
                foreach (var (name, _) in match.Headers)
                {
                    if (RoutingClaim.IsMeant(name))
                    {
                        spec["http"].Problem($"http[{i}] matches the claim {name}, which sidecars do not know", "list gateways without mesh");
                    }
                }
            }
        }
    }

    private static void CheckDelegate(ObjectReader spec, VirtualServiceConfig config)
    {
        if (!config.Gateways.IsEmpty)
        {
            spec["gateways"].Problem("a VirtualService without hosts is a delegate and has no gateways", "name hosts, or remove gateways");
        }

        if (!config.Tls.IsEmpty || !config.Tcp.IsEmpty)
        {
            spec.Problem("a VirtualService without hosts is a delegate and has http routes only", "name hosts, or remove tls and tcp");
        }
    }

    private static ImmutableArray<string> Hosts(ValueReader field, ImmutableArray<string> gateways)
    {
        var mesh = gateways.IsEmpty || gateways.Contains("mesh");
        var hosts = ImmutableArray.CreateBuilder<string>();
        foreach (var item in field.Items())
        {
            if (item.Host(allowAddress: true) is not { } host)
            {
                continue;
            }

            if (host == "*" && mesh)
            {
                item.Problem("\"*\" is not allowed for sidecars", "name hosts, or list the gateways that serve any host");
            }

            if (hosts.FirstOrDefault(other => HostName.Matches(other, host)) is { } earlier)
            {
                item.Problem($"\"{host}\" and \"{earlier}\" overlap", "keep one");
            }

            hosts.Add(host);
        }

        return hosts.ToImmutable();
    }

    private static TlsRoute ReadTls(ObjectReader route)
    {
        var match = route["match"].Messages(ReadTlsMatch);
        if (match.IsEmpty)
        {
            route.Problem("a tls route without match", "give match with sniHosts");
        }

        return new TlsRoute(match, ReadL4Destinations(route));
    }

    private static TcpRoute ReadTcp(ObjectReader route) =>
        new(route["match"].Messages(ReadL4Match), ReadL4Destinations(route));

    private static ImmutableArray<RouteDestination> ReadL4Destinations(ObjectReader route)
    {
        var destinations = route["route"].Messages(DestinationDecoder.ReadL4);
        if (destinations.IsEmpty)
        {
            route.Problem("no destination", "give route with at least one destination");
        }

        DestinationDecoder.CheckWeights(route["route"], destinations.Select(destination => destination.Weight));
        return destinations;
    }

    private static TlsMatch ReadTlsMatch(ObjectReader match)
    {
        var names = match["sniHosts"].List(item => item.Host());
        if (names.IsEmpty)
        {
            match.Problem("no sniHosts", "name the server names that this rule is for");
        }

        return new TlsMatch
        {
            SniHosts = names,
            DestinationSubnets = match["destinationSubnets"].List(Subnet),
            Port = (int)(match["port"].Port() ?? 0),
            SourceLabels = match["sourceLabels"].Labels().ToEquatableMap(),
            Gateways = match["gateways"].List(GatewayName),
            SourceNamespace = match["sourceNamespace"].Text() ?? "",
        };
    }

    private static L4Match ReadL4Match(ObjectReader match)
    {
        match.Ignore("sourceSubnet");
        return new L4Match
        {
            DestinationSubnets = match["destinationSubnets"].List(Subnet),
            Port = (int)(match["port"].Port() ?? 0),
            SourceLabels = match["sourceLabels"].Labels().ToEquatableMap(),
            Gateways = match["gateways"].List(GatewayName),
            SourceNamespace = match["sourceNamespace"].Text() ?? "",
        };
    }

    private static string? Subnet(ValueReader item)
    {
        var text = item.Text();
        if (text is not null && !NameRules.IsIpAddressOrCidr(text))
        {
            item.Problem($"\"{text}\" is neither an IP address nor a CIDR range");
        }

        return text;
    }
}
