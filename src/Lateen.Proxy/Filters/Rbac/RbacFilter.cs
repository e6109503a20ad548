using Envoy.Extensions.Filters.Http.Rbac.V3;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Http;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Filters.Rbac;

/// <summary>Lets requests through or answers 403 (envoy.filters.http.rbac); rules on trial are only counted.</summary>
internal sealed class RbacFilter : HttpFilterFactory
{
    public const string MetadataKey = "envoy.filters.http.rbac";

    /// <summary>The listener's configuration; a route's own takes its place.</summary>
    public required RbacConfig Listener { get; init; }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        RbacConfig config = exchange.Route is { } route && route.FilterConfigs.TryGetValue(Name, out object? own) ? (RbacConfig)own : Listener;
        RbacFacts facts = exchange.RbacFacts();
        if (config.Shadow is { } shadow)
        {
            exchange.Count(shadow.Allows(facts, out RbacPolicy? decided) ? config.ShadowAllowed : config.ShadowDenied);
            exchange.WriteMetadata().Merge(MetadataKey, shadow.ReportOf(decided));
        }
        if (config.Rules is not { } rules)
        {
            return FilterVerdict.Continue;
        }
        if (rules.Allows(facts, out RbacPolicy? policy))
        {
            exchange.Count(HttpStat.RbacAllowed);
            return FilterVerdict.Continue;
        }
        exchange.Count(HttpStat.RbacDenied);
        exchange.Reply(403, "RBAC: access denied"u8, ResponseFlags.None, policy?.DeniedDetails ?? RbacPolicy.NoneMatched);
        return FilterVerdict.Answered;
    }
}

/// <summary>The rules of one RBAC filter. Without any it does nothing.</summary>
internal sealed record RbacConfig(RbacEngine? Rules, RbacEngine? Shadow, HttpStat ShadowAllowed, HttpStat ShadowDenied)
{
    public static RbacConfig Compile(CompileScope scope, RBAC? filter, string path)
    {
        if (filter?.Matcher is not null || filter?.ShadowMatcher is not null)
        {
            scope.Refuse(path + ".matcher", "is not supported: use rules");
        }
        string prefix = filter?.ShadowRulesStatPrefix ?? "";
        (HttpStat allowed, HttpStat denied) = prefix switch
        {
            "istio_dry_run_deny_" => (HttpStat.RbacIstioDryRunDenyShadowAllowed, HttpStat.RbacIstioDryRunDenyShadowDenied),
            "istio_dry_run_allow_" => (HttpStat.RbacIstioDryRunAllowShadowAllowed, HttpStat.RbacIstioDryRunAllowShadowDenied),
            "istio_ext_authz_" => (HttpStat.RbacIstioExtAuthzShadowAllowed, HttpStat.RbacIstioExtAuthzShadowDenied),
            _ => (HttpStat.RbacShadowAllowed, HttpStat.RbacShadowDenied),
        };
        return new(
            RbacEngine.Compile(scope, filter?.Rules, path + ".rules"),
            RbacEngine.Compile(scope, filter?.ShadowRules, path + ".shadow_rules", prefix), allowed, denied);
    }

    /// <summary>A route's own rules; without any the route is free.</summary>
    public static RbacConfig CompileForRoute(CompileScope scope, RBACPerRoute? route, string path) => Compile(scope, route?.Rbac, path + ".rbac");
}
