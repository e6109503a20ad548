using System.Globalization;
using System.Text;
using Envoy.Config.Route.V3;
using Lateen.Proxy.Routing;
using RetryPolicy = Lateen.Proxy.Routing.RetryPolicy;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.route.v3.RouteAction: clusters, rewrites, time limits, retries.</summary>
internal static class ForwardRouteCompiler
{
    public static Forward? Compile(CompileScope scope, Envoy.Config.Route.V3.VirtualHost host, Envoy.Config.Route.V3.RouteAction action, string path)
    {
        WeightedTarget[] targets = Targets(scope, action, path, out string header);
        int total = targets.Sum(t => t.Weight);
        if (header.Length == 0 && total == 0)
        {
            scope.Refuse(path, "cluster, cluster_header or weighted_clusters with a positive weight must be set");
            return null;
        }
        if (action.HedgePolicy is not null)
        {
            scope.Refuse(path + ".hedge_policy", "hedging is not supported: remove it");
        }
        if (action.InternalRedirectPolicy is not null)
        {
            scope.Refuse(path + ".internal_redirect_policy", "internal redirects are not supported: remove it");
        }
        if (action.MaxStreamDuration?.GrpcTimeoutHeaderMax is not null && action.MaxStreamDuration.GrpcTimeoutHeaderMax.Seconds < 0)
        {
            scope.Refuse(path + ".max_stream_duration.grpc_timeout_header_max", "must not be negative");
        }
        return new Forward
        {
            Targets = targets,
            TotalWeight = total,
            ClusterHeader = Encoding.ASCII.GetBytes(header.ToLowerInvariant()),
            FindCluster = scope.Host.FindCluster,
            ClusterNotFoundStatus = action.ClusterNotFoundResponseCode switch
            {
                Envoy.Config.Route.V3.RouteAction.Types.ClusterNotFoundResponseCode.NotFound => 404,
                Envoy.Config.Route.V3.RouteAction.Types.ClusterNotFoundResponseCode.InternalServerError => 500,
                _ => 503,
            },
            PrefixRewrite = action.PrefixRewrite.Length > 0 ? Encoding.UTF8.GetBytes(action.PrefixRewrite) : null,
            RegexRewrite = MatcherCompiler.Rewrite(scope, action.RegexRewrite, path + ".regex_rewrite"),
            HostRewrite = action.HasHostRewriteLiteral ? Encoding.ASCII.GetBytes(action.HostRewriteLiteral) : null,
            HostRewriteHeader = action.HasHostRewriteHeader ? Encoding.ASCII.GetBytes(action.HostRewriteHeader) : null,
            AutoHostRewrite = action.AutoHostRewrite ?? false,
            TimeoutMilliseconds = CompileScope.Milliseconds(action.Timeout, 15_000),
            MaximumGrpcTimeoutMilliseconds = CompileScope.Milliseconds(action.MaxGrpcTimeout, -1),
            GrpcTimeoutHeaderMaximumMilliseconds = CompileScope.Milliseconds(action.MaxStreamDuration?.GrpcTimeoutHeaderMax, -1),
            MaximumStreamMilliseconds = CompileScope.Milliseconds(action.MaxStreamDuration?.MaxStreamDuration_, -1),
            IdleTimeoutMilliseconds = CompileScope.Milliseconds(action.IdleTimeout, -1),
            Retry = Retry(scope, action.RetryPolicy ?? host.RetryPolicy, path + ".retry_policy"),
            IsHighPriority = action.Priority == Envoy.Config.Core.V3.RoutingPriority.High,
            HashPolicies = HashPolicyCompiler.Compile(scope, action.HashPolicy, path + ".hash_policy"),
            Mirrors = [.. action.RequestMirrorPolicies.Select((m, i) => Mirror(scope, m, $"{path}.request_mirror_policies[{i}]")).OfType<MirrorPolicy>()],
            EndsConnect = EndsConnect(scope, action, path + ".upgrade_configs"),
            Upgrades = action.UpgradeConfigs.ToDictionary(u => u.UpgradeType.ToLowerInvariant(), u => u.Enabled ?? true),
        };
    }

    private static bool EndsConnect(CompileScope scope, Envoy.Config.Route.V3.RouteAction action, string path)
    {
        bool ends = false;
        foreach (Envoy.Config.Route.V3.RouteAction.Types.UpgradeConfig upgrade in action.UpgradeConfigs.Where(u => u.ConnectConfig is not null))
        {
            if (upgrade.ConnectConfig.AllowPost || upgrade.ConnectConfig.ProxyProtocolConfig is not null)
            {
                scope.Refuse(path, "connect_config.allow_post and proxy_protocol_config are not supported: remove them");
            }
            ends |= upgrade.UpgradeType.Equals("CONNECT", StringComparison.OrdinalIgnoreCase);
        }
        return ends;
    }

    private static MirrorPolicy? Mirror(CompileScope scope, Envoy.Config.Route.V3.RouteAction.Types.RequestMirrorPolicy mirror, string path)
    {
        if (mirror.Cluster.Length == 0 && mirror.ClusterHeader.Length == 0)
        {
            scope.Refuse(path, "cluster or cluster_header must be set");
            return null;
        }
        (uint numerator, uint denominator) = RouteCompiler.Fraction(mirror.RuntimeFraction?.DefaultValue);
        return new MirrorPolicy(
            mirror.Cluster.Length > 0 ? scope.Host.ClusterOf(mirror.Cluster) : null,
            Encoding.ASCII.GetBytes(mirror.ClusterHeader.ToLowerInvariant()), numerator, denominator);
    }

    private static WeightedTarget[] Targets(CompileScope scope, Envoy.Config.Route.V3.RouteAction action, string path, out string header)
    {
        header = "";
        switch (action.ClusterSpecifierCase)
        {
            case Envoy.Config.Route.V3.RouteAction.ClusterSpecifierOneofCase.Cluster:
                return [new WeightedTarget(scope.Host.ClusterOf(action.Cluster), 1)];
            case Envoy.Config.Route.V3.RouteAction.ClusterSpecifierOneofCase.ClusterHeader:
                header = action.ClusterHeader;
                return [];
            case Envoy.Config.Route.V3.RouteAction.ClusterSpecifierOneofCase.WeightedClusters:
                return [.. action.WeightedClusters.Clusters.Select((c, i) => Weighted(scope, c, $"{path}.weighted_clusters.clusters[{i}]"))
                    .Where(t => t.Weight > 0)];
            default:
                scope.Refuse(path, $"cluster_specifier {action.ClusterSpecifierCase} is not supported");
                return [];
        }
    }

    private static WeightedTarget Weighted(CompileScope scope, WeightedCluster.Types.ClusterWeight cluster, string path)
    {
        if (cluster.ClusterHeader.Length > 0)
        {
            scope.Refuse(path + ".cluster_header", "is not supported: set name");
        }
        return new WeightedTarget(scope.Host.ClusterOf(cluster.Name), (int)Math.Min(cluster.Weight ?? 0, int.MaxValue / 1024))
        {
            RequestEdits = RouteCompiler.Edits(scope, cluster.RequestHeadersToAdd, cluster.RequestHeadersToRemove, path + ".request_headers_to_add"),
            ResponseEdits = RouteCompiler.Edits(
                scope, cluster.ResponseHeadersToAdd, cluster.ResponseHeadersToRemove, path + ".response_headers_to_add"),
            HostRewrite = cluster.HasHostRewriteLiteral ? Encoding.ASCII.GetBytes(cluster.HostRewriteLiteral) : null,
        };
    }

    private static RetryPolicy? Retry(CompileScope scope, Envoy.Config.Route.V3.RetryPolicy? policy, string path)
    {
        if (policy is null)
        {
            return null;
        }
        foreach (Envoy.Config.Route.V3.RetryPolicy.Types.RetryHostPredicate predicate in policy.RetryHostPredicate)
        {
            if (!predicate.Name.EndsWith("previous_hosts", StringComparison.Ordinal))
            {
                scope.Refuse(
                    path + ".retry_host_predicate", string.Create(CultureInfo.InvariantCulture, $"{predicate.Name} is not supported: use previous_hosts"));
            }
        }
        if (policy.RetryPriority is not null)
        {
            scope.Refuse(path + ".retry_priority", "is not supported");
        }
        List<int> codes = [.. policy.RetriableStatusCodes.Select(c => (int)c)];
        RetryOn on = RetryPolicy.Parse(policy.RetryOn);
        long interval = CompileScope.Milliseconds(policy.RetryBackOff?.BaseInterval, 25);
        return new RetryPolicy
        {
            On = on,
            NumRetries = policy.NumRetries ?? 1,
            PerTryIdleTimeoutMilliseconds = CompileScope.Milliseconds(policy.PerTryIdleTimeout, 0),
            ResetHeaders = [.. (policy.RateLimitedRetryBackOff?.ResetHeaders ?? []).Select(h => new ResetHeader(
                Encoding.ASCII.GetBytes(h.Name.ToLowerInvariant()),
                h.Format == Envoy.Config.Route.V3.RetryPolicy.Types.ResetHeaderFormat.UnixTimestamp))],
            ResetMaximumMilliseconds = CompileScope.Milliseconds(policy.RateLimitedRetryBackOff?.MaxInterval, 300_000),
            PerTryTimeoutMilliseconds = CompileScope.Milliseconds(policy.PerTryTimeout, 0),
            StatusCodes = [.. codes],
            RetriableHeaders = MatcherCompiler.Headers(scope, policy.RetriableHeaders, path + ".retriable_headers"),
            RequestHeaders = MatcherCompiler.Headers(scope, policy.RetriableRequestHeaders, path + ".retriable_request_headers"),
            BackOffBaseMilliseconds = interval,
            BackOffMaximumMilliseconds = CompileScope.Milliseconds(policy.RetryBackOff?.MaxInterval, 10 * interval),
            HostReselections = policy.RetryHostPredicate.Count == 0 ? 0 : (int)Math.Clamp(policy.HostSelectionRetryMaxAttempts, 1, 100),
        };
    }
}
