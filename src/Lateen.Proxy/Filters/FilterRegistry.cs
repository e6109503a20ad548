using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Envoy.Extensions.Filters.Http.Rbac.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Io.Istio.Http.PeerMetadata;
using Lateen.Api;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Filters.Cors;
using Lateen.Proxy.Filters.ExtAuthz;
using Lateen.Proxy.Filters.Fault;
using Lateen.Proxy.Filters.IstioAuthn;
using Lateen.Proxy.Filters.IstioStats;
using Lateen.Proxy.Filters.JwtAuthn;
using Lateen.Proxy.Filters.LocalRateLimit;
using Lateen.Proxy.Filters.PeerMetadata;
using Lateen.Proxy.Filters.Rbac;
using Stats;
using ExtAuthzMessage = Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthz;
using EnvoyLimit = Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimit;

namespace Lateen.Proxy.Filters;

/// <summary>What HTTP filters this proxy can do, on one page; a filter that is not here is refused.</summary>
/// <remarks>
/// What guards access and is not known is refused: to accept it and let requests through would be worse than an error.
/// What only observes or labels is accepted, with one line in the log saying that it does not act yet.
/// </remarks>
internal static class FilterRegistry
{
    /// <summary>Accepted, does not act yet: name (or its end) and what is missing.</summary>
    private static readonly (string Name, string Missing)[] Passive =
    [
        ("istio.stackdriver", "Stackdriver telemetry"),
        ("envoy.filters.http.grpc_web", "gRPC-Web translation"),
    ];

    /// <summary>Acts on connections, not on requests: the connection manager's compiler reads it.</summary>
    public const string AlpnType = "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig";

    /// <summary>The chain of a connection manager in order; the last must be the router.</summary>
    public static HttpFilterFactory[] Compile(CompileScope scope, IReadOnlyList<HttpFilter> filters, string path)
    {
        List<HttpFilterFactory> chain = [];
        bool hasRouter = false;
        for (int i = 0; i < filters.Count; i++)
        {
            HttpFilter filter = filters[i];
            if (filter.Disabled)
            {
                continue;
            }
            string type = TypeUrls.MessageName(filter.TypedConfig?.TypeUrl ?? "");
            string at = $"{path}[{i}].typed_config";
            switch (type)
            {
                case "envoy.extensions.filters.http.router.v3.Router":
                    hasRouter = i == filters.Count - 1;
                    break;
                case "envoy.extensions.filters.http.fault.v3.HTTPFault":
                    chain.Add(new FaultFilter
                    {
                        Name = filter.Name,
                        Listener = FaultConfig.Compile(scope, scope.Unpack(filter.TypedConfig, HTTPFault.Parser, at), at),
                    });
                    break;
                case AlpnType:
                    break;
                case "envoy.extensions.filters.http.cors.v3.Cors":
                    chain.Add(new CorsFilter { Name = filter.Name });
                    break;
                case "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit":
                    chain.Add(new LocalRateLimitFilter
                    {
                        Name = filter.Name,
                        Listener = LocalRateLimitConfig.Compile(scope, scope.Unpack(filter.TypedConfig, EnvoyLimit.Parser, at), at),
                    });
                    break;
                case "io.istio.http.peer_metadata.Config":
                    chain.Add(PeerMetadataCompiler.Compile(scope, scope.Unpack(filter.TypedConfig, Config.Parser, at) ?? new Config(), filter.Name));
                    break;
                case "stats.PluginConfig":
                    PluginConfig plugin = scope.Unpack(filter.TypedConfig, PluginConfig.Parser, at) ?? new PluginConfig();
                    chain.Add(new IstioStatsFilter(IstioStatsCompiler.Compile(scope, plugin, at)) { Name = filter.Name });
                    break;
                case "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig":
                    break; // The messages are counted for every gRPC request; istio.stats reads the counts.
                case "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication":
                    if (JwtConfig.Compile(scope, scope.Unpack(filter.TypedConfig, JwtAuthentication.Parser, at), at) is { } tokens)
                    {
                        chain.Add(new JwtFilter(scope, tokens) { Name = filter.Name });
                    }
                    break;
                case "istio.envoy.config.filter.http.authn.v2alpha1.FilterConfig":
                    chain.Add(IstioAuthnFilter.Compile(scope, filter, at));
                    break;
                case "envoy.extensions.filters.http.rbac.v3.RBAC":
                    chain.Add(new RbacFilter
                    {
                        Name = filter.Name,
                        Listener = RbacConfig.Compile(scope, scope.Unpack(filter.TypedConfig, RBAC.Parser, at), at),
                    });
                    break;
                case "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz":
                    if (ExtAuthzCompiler.Compile(scope, scope.Unpack(filter.TypedConfig, ExtAuthzMessage.Parser, at), at) is { } authorization)
                    {
                        chain.Add(new ExtAuthzFilter { Name = filter.Name, Config = authorization });
                    }
                    break;
                default:
                    AcceptPassive(scope, filter, type, $"{path}[{i}]");
                    break;
            }
        }
        if (!hasRouter)
        {
            scope.Refuse(path, "the last HTTP filter must be envoy.filters.http.router");
        }
        return [.. chain];
    }

    /// <summary>A filter's configuration for one route or virtual host; null for filters that do not act.</summary>
    public static object? CompileForRoute(CompileScope scope, Any any, string path) => TypeUrls.MessageName(any.TypeUrl) switch
    {
        "envoy.extensions.filters.http.fault.v3.HTTPFault" => FaultConfig.Compile(scope, scope.Unpack(any, HTTPFault.Parser, path), path),
        "envoy.extensions.filters.http.cors.v3.CorsPolicy" => CorsConfig.Compile(scope, scope.Unpack(any, CorsPolicy.Parser, path), path),
        "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit" =>
            LocalRateLimitConfig.Compile(scope, scope.Unpack(any, EnvoyLimit.Parser, path), path),
        "envoy.extensions.filters.http.rbac.v3.RBACPerRoute" => RbacConfig.CompileForRoute(scope, scope.Unpack(any, RBACPerRoute.Parser, path), path),
        "envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig" => scope.Unpack(any, PerRouteConfig.Parser, path) is { } route
            ? new JwtRoute(route.Disabled, route.RequirementName) : null,
        "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute" =>
            ExtAuthzCompiler.CompileForRoute(scope, scope.Unpack(any, ExtAuthzPerRoute.Parser, path), path),
        _ => null,
    };

    private static void AcceptPassive(CompileScope scope, HttpFilter filter, string type, string path)
    {
        foreach ((string name, string missing) in Passive)
        {
            if (filter.Name == name || type.StartsWith(name, StringComparison.Ordinal))
            {
                scope.Host.NotYet($"HTTP filter {filter.Name}: {missing}");
                return;
            }
        }
        if (filter.IsOptional)
        {
            scope.Host.NotYet($"HTTP filter {filter.Name} ({type}), marked optional");
            return;
        }
        scope.Refuse(path, $"HTTP filter {filter.Name} ({type}) is not supported");
    }
}
