using System.Globalization;
using Envoy.Config.Rbac.V3;
using Lateen.Model.Policies;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>The policies of one action as Envoy's RBAC: those in force, and those that are only tried.</summary>
/// <param name="Enforced">Null when every policy is a dry run.</param>
/// <param name="DryRun">Null when there is none.</param>
internal sealed record RbacRules(RBAC? Enforced, RBAC? DryRun)
{
    private const string DryRunAnnotation = "istio.io/dry-run";

    /// <summary>Before the names of CUSTOM rules: the ext_authz filter acts on requests that a rule of such a name matched.</summary>
    public const string CustomPrefix = "istio-ext-authz";

    /// <summary>Where Envoy's RBAC filter tells what the tried rules would have done.</summary>
    public string ShadowPrefix => DryRun?.Action == RBAC.Types.Action.Deny ? "istio_dry_run_deny_" : "istio_dry_run_allow_";

    public static RbacRules? Build(
        ProxyContext context, IReadOnlyList<AuthorizationPolicyConfig> policies, RBAC.Types.Action action, bool isTcp, TrustDomains domains)
    {
        if (policies.Count == 0)
        {
            return null;
        }

        RBAC? enforced = null;
        RBAC? dryRun = null;
        foreach (var policy in policies)
        {
            var target = IsDryRun(context, policy) ? dryRun ??= new() { Action = action } : enforced ??= new() { Action = action };
            for (var i = 0; i < policy.Rules.Count; i++)
            {
                if (RuleTranslation.Translate(policy.Rules[i], action, isTcp, domains) is { } rule)
                {
                    target.Policies[Name(policy, i)] = rule;
                }
            }

            // A policy without rules is there to match never: an ALLOW policy of that kind denies everything.
            if (policy.Rules.IsEmpty)
            {
                target.Policies[Name(policy, 0)] = Never();
            }
        }

        return new(enforced, dryRun);
    }

    public static RBAC DenyEverything() => new()
    {
        Action = RBAC.Types.Action.Deny,
        Policies =
        {
            ["default-deny-all-due-to-bad-CUSTOM-action"] = new()
            {
                Permissions = { new Permission { Any = true } },
                Principals = { new Principal { Any = true } },
            },
        },
    };

    private static Policy Never() => new()
    {
        Permissions = { new Permission { NotRule = new() { Any = true } } },
        Principals = { new Principal { NotId = new() { Any = true } } },
    };

    private static string Name(AuthorizationPolicyConfig policy, int rule)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"ns[{policy.Meta.Namespace}]-policy[{policy.Meta.Name}]-rule[{rule}]");
        return policy.Action == AuthorizationAction.Custom ? $"{CustomPrefix}-{name}" : name;
    }

    private static bool IsDryRun(ProxyContext context, AuthorizationPolicyConfig policy)
    {
        switch (policy.Meta.Annotations.Find(DryRunAnnotation))
        {
            case null or "false" or "False" or "FALSE" or "0" or "f" or "F":
                return false;
            case "true" or "True" or "TRUE" or "1" or "t" or "T":
                return true;
            case var text:
                context.Report(policy.Meta, $"metadata.annotations[{DryRunAnnotation}]", $"\"{text}\" is not true or false; the policy is in force", "write \"true\" or \"false\"");
                return false;
        }
    }
}
