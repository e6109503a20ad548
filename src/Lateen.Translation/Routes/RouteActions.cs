using Envoy.Config.Route.V3;
using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>Forwarding: to which clusters, how often, how long, and changed in which way.</summary>
internal static class RouteActions
{
    public static void Apply(Route route, HttpRouteScope scope, HttpRoute http, string path)
    {
        var timeout = (http.Timeout ?? TimeSpan.Zero).ToDuration();
        var action = new RouteAction
        {
            Timeout = timeout,
            MaxGrpcTimeout = timeout.Clone(),
            RetryPolicy = http.Retries is null
                ? RetryPolicies.Build(scope.Context.Mesh.DefaultHttpRetryPolicy)
                : RetryPolicies.Build(http.Retries),
        };
        route.Route_ = action;
        if (HttpRoutes.SemanticsOf(scope.Source) == "gateway")
        {
            // Gateway API: a backend that does not exist is answered with 500.
            action.ClusterNotFoundResponseCode = RouteAction.Types.ClusterNotFoundResponseCode.InternalServerError;
        }

        ApplyRewrite(action, http);
        ApplyMirrors(action, scope, http, path);
        ApplyDestinations(route, action, scope, http, path);
    }

    private static void ApplyRewrite(RouteAction action, HttpRoute http)
    {
        if (HeaderMutations.AuthorityOf(http.Headers) is { } authority)
        {
            action.HostRewriteLiteral = authority;
        }

        if (http.Rewrite is not { } rewrite)
        {
            return;
        }

        if (rewrite.UriRegexRewrite is { } regex)
        {
            action.RegexRewrite = new() { Pattern = new() { Regex = regex.Match }, Substitution = regex.Rewrite };
        }
        else if (rewrite.Uri.Length > 0)
        {
            action.PrefixRewrite = rewrite.Uri;
        }

        if (rewrite.Authority.Length > 0)
        {
            action.HostRewriteLiteral = rewrite.Authority;
        }
    }

    /// <summary>How much of the traffic is mirrored; null when none is.</summary>
    public static Envoy.Type.V3.FractionalPercent? MirrorFraction(HttpRoute http) =>
        http.Mirror is null || http.MirrorPercentage is 0 ? null : Percentages.Of(http.MirrorPercentage);

    private static void ApplyMirrors(RouteAction action, HttpRouteScope scope, HttpRoute http, string path)
    {
        // An explicit 0 percent means that nothing is mirrored.
        if (MirrorFraction(http) is not { } fraction || http.Mirror is not { } mirror)
        {
            return;
        }

        var service = scope.Services.GetValueOrDefault(mirror.Host);
        Destinations.Check(scope, mirror, service, $"{path}.mirror");
        action.RequestMirrorPolicies.Add(new RouteAction.Types.RequestMirrorPolicy
        {
            Cluster = Destinations.Cluster(mirror, service, scope.ListenPort),
            RuntimeFraction = new() { DefaultValue = fraction },
            TraceSampled = false,
        });
    }

    private static void ApplyDestinations(Route route, RouteAction action, HttpRouteScope scope, HttpRoute http, string path)
    {
        if (http.Route.Count == 1)
        {
            var only = http.Route[0];
            var service = Find(scope, only, $"{path}.route[0].destination");
            action.Cluster = Destinations.Cluster(only.Destination, service, scope.ListenPort);
            HeaderMutations.Apply(route, only.Headers);
            if (action.HostRewriteSpecifierCase == RouteAction.HostRewriteSpecifierOneofCase.None
                && HeaderMutations.AuthorityOf(only.Headers) is { } authority)
            {
                action.HostRewriteLiteral = authority;
            }

            AddHash(action, scope, only.Destination, service);
            return;
        }

        action.WeightedClusters = new();
        for (var i = 0; i < http.Route.Count; i++)
        {
            var target = http.Route[i];
            if (target.Weight == 0)
            {
                continue;
            }

            var service = Find(scope, target, $"{path}.route[{i}].destination");
            var cluster = new WeightedCluster.Types.ClusterWeight
            {
                Name = Destinations.Cluster(target.Destination, service, scope.ListenPort),
                Weight = (uint)target.Weight,
            };
            HeaderMutations.Apply(cluster, target.Headers);
            if (HeaderMutations.AuthorityOf(target.Headers) is { } authority)
            {
                cluster.HostRewriteLiteral = authority;
            }

            action.WeightedClusters.Clusters.Add(cluster);
            AddHash(action, scope, target.Destination, service);
        }
    }

    private static Service? Find(HttpRouteScope scope, HttpRouteDestination target, string path)
    {
        var service = scope.Services.GetValueOrDefault(target.Destination.Host);
        Destinations.Check(scope, target.Destination, service, path);
        return service;
    }

    private static void AddHash(RouteAction action, HttpRouteScope scope, Destination destination, Service? service)
    {
        var port = Destinations.Port(destination, service, scope.ListenPort);
        if (HashPolicies.Of(scope.Context, service, destination.Subset, port) is { } hash)
        {
            action.HashPolicy.Add(hash);
        }
    }
}
