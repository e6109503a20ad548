using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Filters;
using Lateen.Proxy.Filters.Cors;
using Lateen.Proxy.Packing;
using Lateen.Proxy.Routing;
using Route = Lateen.Proxy.Routing.Route;
using RouteAction = Lateen.Proxy.Routing.RouteAction;
using RouteMatch = Lateen.Proxy.Routing.RouteMatch;
using VirtualHost = Lateen.Proxy.Routing.VirtualHost;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.route.v3.RouteConfiguration to a <see cref="RouteTable"/>.</summary>
internal static class RouteCompiler
{
    /// <param name="scope">Takes the problems.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="received">
    /// The same as it came: its virtual hosts are compiled now for their problems only, and once more when a request comes for them. Null: they are kept.
    /// </param>
    /// <param name="root">Where the configuration is in the resource.</param>
    public static RouteTable? Compile(CompileScope scope, RouteConfiguration config, PackedBytes? received, string root = "")
    {
        Dictionary<string, VirtualHostSource> exact = [];
        Dictionary<string, VirtualHostSource> suffixes = [];
        Dictionary<string, VirtualHostSource> prefixes = [];
        VirtualHostSource? catchAll = null;
        Func<Range, VirtualHost>? later = received is null ? null : Later(scope.Host, config.Name, received);
        List<Range>? parts = received is null ? null : ReceivedFields.Of(received.ToArray(), RouteConfiguration.VirtualHostsFieldNumber);
        for (int i = 0; i < config.VirtualHosts.Count; i++)
        {
            string path = $"{root}virtual_hosts[{i}]";
            VirtualHost compiled = Host(scope, config.VirtualHosts[i], path);
            VirtualHostSource host = parts is null ? new VirtualHostSource(compiled) : new VirtualHostSource(parts[i], later!);
            for (int d = 0; d < config.VirtualHosts[i].Domains.Count; d++)
            {
                string domain = config.VirtualHosts[i].Domains[d].ToLowerInvariant();
                bool added = domain switch
                {
                    "*" => catchAll is null,
                    _ when domain.StartsWith('*') => suffixes.TryAdd(domain[1..], host),
                    _ when domain.EndsWith('*') => prefixes.TryAdd(domain[..^1], host),
                    _ => exact.TryAdd(domain, host),
                };
                if (domain == "*")
                {
                    catchAll ??= host;
                }
                if (!added)
                {
                    scope.Refuse($"{path}.domains[{d}]", $"domain \"{domain}\" is there twice: each belongs to one virtual host");
                }
            }
        }
        return scope.Problems.Count > 0 ? null : new RouteTable
        {
            Name = config.Name,
            Exact = new ByteMap<VirtualHostSource>(exact),
            Suffixes = Sorted(suffixes),
            Prefixes = Sorted(prefixes),
            CatchAll = catchAll,
            IgnorePort = config.IgnorePortInHostMatching,
            RequestEdits = Edits(scope, config.RequestHeadersToAdd, config.RequestHeadersToRemove, root + "request_headers_to_add"),
            ResponseEdits = Edits(scope, config.ResponseHeadersToAdd, config.ResponseHeadersToRemove, root + "response_headers_to_add"),
        };
    }

    /// <summary>Header additions and removals.</summary>
    public static HeaderEdits Edits(
        CompileScope scope, IReadOnlyList<HeaderValueOption> add, IReadOnlyList<string> remove, string path)
    {
        if (add.Count == 0 && remove.Count == 0)
        {
            return HeaderEdits.None;
        }
        List<HeaderAddition> additions = [];
        for (int i = 0; i < add.Count; i++)
        {
            LogFormat? value = LogFormat.Parse(add[i].Header.Value, omitEmpty: true, out string? error);
            if (value is null)
            {
                scope.Refuse($"{path}[{i}].header.value", error!);
                continue;
            }
            string name = add[i].Header.Key.ToLowerInvariant();
            if (name.Length == 0 || name[0] == ':')
            {
                scope.Refuse($"{path}[{i}].header.key", $"\"{name}\" cannot be set: use host_rewrite or a path rewrite for pseudo headers");
                continue;
            }
            additions.Add(new HeaderAddition(
                Encoding.ASCII.GetBytes(name), value, value.Fixed, Action(add[i]), add[i].KeepEmptyValue));
        }
        return new HeaderEdits([.. additions], [.. remove.Select(r => Encoding.ASCII.GetBytes(r.ToLowerInvariant()))]);
    }

    /// <summary>Numerator and denominator of a fraction, 100 of 100 when absent.</summary>
    public static (uint Numerator, uint Denominator) Fraction(FractionalPercent? percent) => percent is null ? (100, 100)
        : (percent.Numerator, percent.Denominator switch
        {
            FractionalPercent.Types.DenominatorType.Hundred => 100u,
            FractionalPercent.Types.DenominatorType.TenThousand => 10_000u,
            _ => 1_000_000u,
        });

    private static (byte[], VirtualHostSource)[] Sorted(Dictionary<string, VirtualHostSource> patterns) =>
        [.. patterns.OrderByDescending(p => p.Key.Length).Select(p => (Encoding.UTF8.GetBytes(p.Key), p.Value))];

    private static AppendAction Action(HeaderValueOption option)
    {
#pragma warning disable CS0612 // append is deprecated but sent by older control planes.
        if (option.Append is { } append)
        {
            return append ? AppendAction.AppendOrAdd : AppendAction.OverwriteOrAdd;
        }
#pragma warning restore CS0612
        return option.AppendAction switch
        {
            HeaderValueOption.Types.HeaderAppendAction.AppendIfExistsOrAdd => AppendAction.AppendOrAdd,
            HeaderValueOption.Types.HeaderAppendAction.AddIfAbsent => AppendAction.AddIfAbsent,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd => AppendAction.OverwriteOrAdd,
            _ => AppendAction.OverwriteIfExists,
        };
    }

    // A method of its own: what it makes lives as long as the table and must not hold the whole message.
    private static Func<Range, VirtualHost> Later(ICompileHost host, string table, PackedBytes received) =>
        place => Host(new CompileScope(host, table), Envoy.Config.Route.V3.VirtualHost.Parser.ParseFrom(received.Slice(place)), "");

    private static VirtualHost Host(CompileScope scope, Envoy.Config.Route.V3.VirtualHost host, string path)
    {
        Dictionary<string, object> configs = FilterConfigs(scope, host.TypedPerFilterConfig, path);
#pragma warning disable CS0612 // The fields that preceded the filter's own configuration.
        AddCors(configs, CorsConfig.Compile(scope, host.Cors, path + ".cors"));
#pragma warning restore CS0612
        return new VirtualHost
        {
            Name = host.Name,
            Routes = [.. host.Routes.Select((r, i) => Route(scope, host, configs, r, $"{path}.routes[{i}]")).OfType<Route>()],
            RequestEdits = Edits(scope, host.RequestHeadersToAdd, host.RequestHeadersToRemove, path + ".request_headers_to_add"),
            ResponseEdits = Edits(scope, host.ResponseHeadersToAdd, host.ResponseHeadersToRemove, path + ".response_headers_to_add"),
            RequireTls = (TlsRequirement)(int)host.RequireTls,
            IncludeAttemptCount = host.IncludeRequestAttemptCount,
            IncludeIsTimeoutRetry = host.IncludeIsTimeoutRetryHeader,
            IncludeAttemptCountInResponse = host.IncludeAttemptCountInResponse,
        };
    }

    private static Dictionary<string, object> FilterConfigs(
        CompileScope scope, IEnumerable<KeyValuePair<string, Any>> configs, string path)
    {
        Dictionary<string, object> compiled = [];
        foreach ((string name, Any any) in configs)
        {
            if (FilterRegistry.CompileForRoute(scope, any, $"{path}.typed_per_filter_config[\"{name}\"]") is { } config)
            {
                compiled[name] = config;
            }
        }
        return compiled;
    }

    private static void AddCors(Dictionary<string, object> configs, CorsConfig? cors)
    {
        if (cors is not null)
        {
            configs.TryAdd(CorsFilter.RouteKey, cors);
        }
    }

    private static Route? Route(
        CompileScope scope, Envoy.Config.Route.V3.VirtualHost host, Dictionary<string, object> inherited,
        Envoy.Config.Route.V3.Route route, string path)
    {
        if (route.Match is null)
        {
            scope.Refuse(path + ".match", "must be set");
            return null;
        }
        RouteMatch? match = Match(scope, route.Match, path + ".match");
        RouteAction? action = Action(scope, host, route, path);
        if (match is null || action is null)
        {
            return null;
        }
        Dictionary<string, object> configs = FilterConfigs(scope, route.TypedPerFilterConfig, path);
#pragma warning disable CS0612
        AddCors(configs, CorsConfig.Compile(scope, route.Route_?.Cors, path + ".route.cors"));
#pragma warning restore CS0612
        foreach ((string name, object config) in inherited)
        {
            configs.TryAdd(name, config);
        }
        return new Route
        {
            Name = route.Name,
            Match = match,
            Action = action,
            RequestEdits = Edits(scope, route.RequestHeadersToAdd, route.RequestHeadersToRemove, path + ".request_headers_to_add"),
            ResponseEdits = Edits(scope, route.ResponseHeadersToAdd, route.ResponseHeadersToRemove, path + ".response_headers_to_add"),
            FilterConfigs = configs,
            Metadata = route.Metadata?.FilterMetadata,
            DecoratorOperation = Encoding.UTF8.GetBytes(route.Decorator?.Operation ?? ""),
        };
    }

    public static RouteMatch? Match(CompileScope scope, Envoy.Config.Route.V3.RouteMatch match, string path)
    {
        (PathKind kind, string text) = match.PathSpecifierCase switch
        {
            Envoy.Config.Route.V3.RouteMatch.PathSpecifierOneofCase.Prefix => (PathKind.Prefix, match.Prefix),
            Envoy.Config.Route.V3.RouteMatch.PathSpecifierOneofCase.Path => (PathKind.Exact, match.Path),
            Envoy.Config.Route.V3.RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix =>
                (PathKind.SeparatedPrefix, match.PathSeparatedPrefix),
            Envoy.Config.Route.V3.RouteMatch.PathSpecifierOneofCase.SafeRegex => (PathKind.Regex, match.SafeRegex.Regex),
            Envoy.Config.Route.V3.RouteMatch.PathSpecifierOneofCase.ConnectMatcher => (PathKind.Connect, ""),
            _ => ((PathKind)(-1), ""),
        };
        if (kind < 0)
        {
            scope.Refuse(path, $"path_specifier {match.PathSpecifierCase} is not supported: use prefix, path, path_separated_prefix, safe_regex or connect_matcher");
            return null;
        }
        (uint numerator, uint denominator) = Fraction(match.RuntimeFraction?.DefaultValue);
        return new RouteMatch
        {
            Kind = kind,
            Path = Encoding.UTF8.GetBytes(kind == PathKind.Regex ? "" : text),
            Pattern = kind == PathKind.Regex ? MatcherCompiler.Pattern(scope, text, path + ".safe_regex.regex") : null,
            CaseSensitive = match.CaseSensitive ?? true,
            Headers = MatcherCompiler.Headers(scope, match.Headers, path + ".headers"),
            QueryParameters = MatcherCompiler.Query(scope, match.QueryParameters, path + ".query_parameters"),
            FractionNumerator = numerator,
            FractionDenominator = denominator,
            GrpcOnly = match.Grpc is not null,
        };
    }

    private static RouteAction? Action(
        CompileScope scope, Envoy.Config.Route.V3.VirtualHost host, Envoy.Config.Route.V3.Route route, string path)
    {
        switch (route.ActionCase)
        {
            case Envoy.Config.Route.V3.Route.ActionOneofCase.DirectResponse:
                return new DirectResponse { Status = (int)route.DirectResponse.Status, Body = Body(scope, route.DirectResponse.Body, path) };
            case Envoy.Config.Route.V3.Route.ActionOneofCase.Redirect:
                return RedirectOf(scope, route.Redirect, path + ".redirect");
            case Envoy.Config.Route.V3.Route.ActionOneofCase.Route_:
                return ForwardRouteCompiler.Compile(scope, host, route.Route_, path + ".route");
            default:
                scope.Refuse(path, "one of route, redirect, direct_response must be set");
                return null;
        }
    }

    private static byte[] Body(CompileScope scope, DataSource? source, string path)
    {
        switch (source?.SpecifierCase)
        {
            case null or DataSource.SpecifierOneofCase.None:
                return [];
            case DataSource.SpecifierOneofCase.InlineString:
                return Encoding.UTF8.GetBytes(source.InlineString);
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source.InlineBytes.ToByteArray();
            default:
                scope.Refuse(path + ".direct_response.body", "only inline_string and inline_bytes are supported");
                return [];
        }
    }

    private static Redirect RedirectOf(CompileScope scope, RedirectAction redirect, string path) => new()
    {
        Status = redirect.ResponseCode switch
        {
            RedirectAction.Types.RedirectResponseCode.Found => 302,
            RedirectAction.Types.RedirectResponseCode.SeeOther => 303,
            RedirectAction.Types.RedirectResponseCode.TemporaryRedirect => 307,
            RedirectAction.Types.RedirectResponseCode.PermanentRedirect => 308,
            _ => 301,
        },
        Scheme = Encoding.ASCII.GetBytes(redirect.SchemeRedirect.Length > 0 ? redirect.SchemeRedirect : redirect.HttpsRedirect ? "https" : ""),
        Host = Encoding.ASCII.GetBytes(redirect.HostRedirect),
        Port = (int)redirect.PortRedirect,
        Path = redirect.HasPathRedirect ? Encoding.UTF8.GetBytes(redirect.PathRedirect) : null,
        PrefixRewrite = redirect.HasPrefixRewrite ? Encoding.UTF8.GetBytes(redirect.PrefixRewrite) : null,
        RegexRewrite = MatcherCompiler.Rewrite(scope, redirect.RegexRewrite, path + ".regex_rewrite"),
        StripQuery = redirect.StripQuery,
    };
}
