using Envoy.Extensions.Filters.Network.Rbac.V3;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Filters.Rbac;

/// <summary>Lets connections through or closes them (envoy.filters.network.rbac).</summary>
/// <remarks>
/// Envoy judges at the first bytes of the client. Here it is done before the upstream is called: everything that rules compare is known then, and
/// a server that speaks first tells nothing to a client that may not ask.
/// </remarks>
internal sealed class RbacGuard(RbacEngine? rules, RbacEngine? shadow, StatScope stats)
{
    public const string MetadataKey = "envoy.filters.network.rbac";

    public static RbacGuard Compile(CompileScope scope, RBAC? filter, string path)
    {
        if (filter?.Matcher is not null || filter?.ShadowMatcher is not null)
        {
            scope.Refuse(path + ".matcher", "is not supported: use rules");
        }
        return new(
            RbacEngine.Compile(scope, filter?.Rules, path + ".rules"),
            RbacEngine.Compile(scope, filter?.ShadowRules, path + ".shadow_rules", filter?.ShadowRulesStatPrefix ?? ""),
            scope.Host.StatsOf($"{filter?.StatPrefix}rbac.", StatNames.Rbac));
    }

    /// <summary>Whether the rules let the connection through; nothing is counted, for nothing is decided yet.</summary>
    public bool WouldAllow(in RbacFacts facts) => rules is null || rules.Allows(facts, out _);

    /// <summary>Null, or the details of the denial.</summary>
    /// <param name="facts">What is known of the connection.</param>
    /// <param name="connection">Takes what rules on trial tell.</param>
    /// <param name="worker">The thread.</param>
    public string? Judge(in RbacFacts facts, DownstreamConnection connection, int worker)
    {
        StatBlock block = stats.For(worker);
        if (shadow is not null)
        {
            block.Add(shadow.Allows(facts, out RbacPolicy? decided) ? RbacStat.ShadowAllowed : RbacStat.ShadowDenied);
            (connection.Metadata ??= new()).Merge(MetadataKey, shadow.ReportOf(decided));
        }
        if (rules is null)
        {
            return null;
        }
        if (rules.Allows(facts, out RbacPolicy? policy))
        {
            block.Add(RbacStat.Allowed);
            return null;
        }
        block.Add(RbacStat.Denied);
        return policy?.DeniedDetails ?? RbacPolicy.NoneMatched;
    }
}
