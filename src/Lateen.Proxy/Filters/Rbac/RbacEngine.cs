using Envoy.Config.Rbac.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Compile;

namespace Lateen.Proxy.Filters.Rbac;

/// <summary>The rules of one envoy.config.rbac.v3.RBAC, compiled. Immutable; judging allocates nothing.</summary>
internal sealed class RbacEngine
{
    private readonly RBAC.Types.Action _action;
    private readonly RbacPolicy[] _policies;
    private readonly Struct _noneReport;

    private RbacEngine(RBAC.Types.Action action, RbacPolicy[] policies, Struct noneReport) =>
        (_action, _policies, _noneReport) = (action, policies, noneReport);

    /// <summary>Null without rules, and after a problem.</summary>
    /// <param name="scope">Takes the problems.</param>
    /// <param name="rules">The message.</param>
    /// <param name="path">Its place.</param>
    /// <param name="shadowPrefix">shadow_rules_stat_prefix, for what rules on trial tell the filters behind.</param>
    public static RbacEngine? Compile(CompileScope scope, RBAC? rules, string path, string shadowPrefix = "")
    {
        if (rules is null)
        {
            return null;
        }
        List<RbacPolicy> policies = [];
        // Envoy goes through them by name; the first that matches is the one that is told.
        foreach ((string name, Policy policy) in rules.Policies.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            string at = $"{path}.policies[{name}]";
            if (policy.Condition is not null)
            {
                scope.Refuse(at + ".condition", "CEL conditions are not supported");
            }
            policies.Add(new RbacPolicy(
                name,
                [.. policy.Permissions.Select((p, i) => RbacMatcherCompiler.Permission(scope, p, $"{at}.permissions[{i}]")).OfType<RbacMatcher>()],
                [.. policy.Principals.Select((p, i) => RbacMatcherCompiler.Principal(scope, p, $"{at}.principals[{i}]")).OfType<RbacMatcher>()],
                Report(shadowPrefix, name, rules.Action != RBAC.Types.Action.Deny)));
        }
        return new RbacEngine(rules.Action, [.. policies], Report(shadowPrefix, null, rules.Action != RBAC.Types.Action.Allow));
    }

    /// <summary>What rules on trial tell of their verdict (Envoy: dynamic metadata of the filter); shared, not to be changed.</summary>
    public Struct ReportOf(RbacPolicy? policy) => policy?.Report ?? _noneReport;

    private static Struct Report(string prefix, string? policy, bool allows)
    {
        Struct report = new();
        if (policy is not null)
        {
            report.Fields[prefix + "shadow_effective_policy_id"] = Value.ForString(policy);
        }
        report.Fields[prefix + "shadow_engine_result"] = Value.ForString(allows ? "allowed" : "denied");
        return report;
    }

    /// <summary>Whether the call may go on; <paramref name="policy"/> is the one that matched, null if none did.</summary>
    public bool Allows(in RbacFacts facts, out RbacPolicy? policy)
    {
        policy = null;
        foreach (RbacPolicy candidate in _policies)
        {
            if (candidate.Matches(facts))
            {
                policy = candidate;
                break;
            }
        }
        return _action switch
        {
            RBAC.Types.Action.Allow => policy is not null,
            RBAC.Types.Action.Deny => policy is null,
            _ => true,
        };
    }
}

/// <summary>One policy: any of the permissions and any of the principals.</summary>
internal sealed class RbacPolicy(string name, RbacMatcher[] permissions, RbacMatcher[] principals, Struct report)
{
    /// <summary>What is told when it has decided on trial.</summary>
    public Struct Report => report;

    public string Name { get; } = name;

    /// <summary>RESPONSE_CODE_DETAILS of what it denies.</summary>
    public string DeniedDetails { get; } = Denied(name);

    /// <summary>The details when no policy matched where one had to.</summary>
    public static string NoneMatched { get; } = Denied("none");

    public bool Matches(in RbacFacts facts) => Any(permissions, facts) && Any(principals, facts);

    private static bool Any(RbacMatcher[] matchers, in RbacFacts facts)
    {
        foreach (RbacMatcher matcher in matchers)
        {
            if (matcher.Matches(facts))
            {
                return true;
            }
        }
        return false;
    }

    // White space would end the word in the log.
    private static string Denied(string name) => $"rbac_access_denied_matched_policy[{string.Join('_', name.Split((char[]?)null))}]";
}
