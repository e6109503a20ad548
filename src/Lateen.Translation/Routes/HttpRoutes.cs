using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model.Networking;

namespace Lateen.Translation.Routes;

/// <summary>The routes of a VirtualService for one port, in its order.</summary>
internal static class HttpRoutes
{
    /// <summary>Marks what was made from Ingress (`ingress`) and Gateway API (`gateway`) resources.</summary>
    private const string SemanticsAnnotation = "internal.istio.io/route-semantics";

    /// <summary>`ingress` or `gateway` for what was made from those resources; null for what a user wrote.</summary>
    public static string? SemanticsOf(VirtualServiceConfig source) => source.Meta.Annotations.Find(SemanticsAnnotation);

    /// <summary>All routes up to and including the first that takes everything; empty when none applies here.</summary>
    public static List<Route> Build(HttpRouteScope scope)
    {
        var routes = new List<Route>();
        for (var i = 0; i < scope.Source.Http.Count; i++)
        {
            var http = scope.Source.Http[i];
            if (http.Match.IsEmpty)
            {
                routes.Add(Build(scope, http, null, i));
                return routes;
            }

            foreach (var match in http.Match)
            {
                if (!AppliesTo(scope, match))
                {
                    continue;
                }

                var route = Build(scope, http, match, i);
                routes.Add(route);
                if (RouteMatches.TakesEverything(route.Match))
                {
                    return routes;
                }
            }
        }

        return routes;
    }

    /// <summary>The route of a service that no VirtualService names.</summary>
    public static Route Default(ProxyContext context, string cluster, string operation) => new()
    {
        Name = "default",
        Match = new() { Prefix = "/" },
        Decorator = new() { Operation = operation },
        Route_ = new()
        {
            Cluster = cluster,
            Timeout = new Duration(),
            MaxGrpcTimeout = new Duration(),
            RetryPolicy = RetryPolicies.Build(context.Mesh.DefaultHttpRetryPolicy),
        },
    };

    /// <summary>Conditions that the proxy and the port decide once and for all.</summary>
    public static bool AppliesTo(HttpRouteScope scope, HttpMatch match)
    {
        var conditions = StaticConditions.Of(match);
        var proxy = scope.Context.Proxy;
        return conditions.HoldAt(scope.ListenPort, scope.Gateways) && (scope.IsGateway || conditions.HoldFor(proxy.Namespace, proxy.Labels));
    }

    private static Route Build(HttpRouteScope scope, HttpRoute http, HttpMatch? match, int index)
    {
        var route = new Route
        {
            Name = Name(http, match),
            Match = RouteMatches.Build(match, SemanticsOf(scope.Source) is not null),
            Metadata = ConfigReference.Of(scope.Source.Meta),
        };
        if (match is { StatPrefix.Length: > 0 })
        {
            route.StatPrefix = match.StatPrefix;
        }

        HeaderMutations.Apply(route, http.Headers);
        if (http.Redirect is { } redirect)
        {
            route.Redirect = Redirects.Build(redirect, scope.ListenPort, scope.IsTls);
        }
        else if (http.DirectResponse is { } response)
        {
            route.DirectResponse = Redirects.Build(response);
        }
        else
        {
            RouteActions.Apply(route, scope, http, $"spec.http[{index}]");
        }

        route.Decorator = new() { Operation = Operation(route, scope) };
        if (http.Fault is not null)
        {
            route.TypedPerFilterConfig["envoy.filters.http.fault"] = Faults.Build(http.Fault).Pack();
        }

        if (http.CorsPolicy is not null)
        {
            route.TypedPerFilterConfig["envoy.filters.http.cors"] = CorsPolicies.Build(http.CorsPolicy).Pack();
        }

        if (scope.OffersHttp3)
        {
            route.ResponseHeadersToAdd.Add(HeaderMutations.Append("alt-svc", $"h3=\":{scope.ListenPort}\"; ma=86400"));
        }

        return route;
    }

    private static string Name(HttpRoute http, HttpMatch? match)
    {
        var inner = match?.Name ?? "";
        return http.Name.Length > 0 && inner.Length > 0 ? $"{http.Name}.{inner}" : http.Name + inner;
    }

    /// <summary>What spans are named: the one destination or the VirtualService, its port, and the path.</summary>
    private static string Operation(Route route, HttpRouteScope scope)
    {
        var path = route.Match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => route.Match.Prefix + "*",
            RouteMatch.PathSpecifierOneofCase.Path => route.Match.Path,
            RouteMatch.PathSpecifierOneofCase.SafeRegex => route.Match.SafeRegex.Regex,
            RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix => route.Match.PathSeparatedPrefix + "*",
            _ => "/*",
        };
        var target = route.Route_?.Cluster is { Length: > 0 } cluster && Naming.ParseOutbound(cluster) is { } parsed
            ? Naming.HostPort(parsed.Host, parsed.Port)
            : Naming.HostPort(scope.Source.Meta.Name, scope.ListenPort);
        return target + path;
    }
}
