using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Model.Policies;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>The filters of a workload's AuthorizationPolicies.</summary>
/// <remarks>Istio, AuthorizationPolicy: CUSTOM is evaluated first, then AUDIT and DENY, then ALLOW, which denies what none of its rules matches.</remarks>
internal sealed class AuthorizationFilters
{
    public const string TcpStatPrefix = "tcp.";
    private const string HttpName = "envoy.filters.http.rbac";
    private const string NetworkName = "envoy.filters.network.rbac";

    private static readonly (AuthorizationAction Action, RBAC.Types.Action Rbac)[] Order =
    [
        (AuthorizationAction.Audit, RBAC.Types.Action.Log),
        (AuthorizationAction.Deny, RBAC.Types.Action.Deny),
        (AuthorizationAction.Allow, RBAC.Types.Action.Allow),
    ];

    private readonly ProxyContext _context;
    private readonly ILookup<AuthorizationAction, AuthorizationPolicyConfig> _policies;
    private readonly TrustDomains _domains;

    private AuthorizationFilters(ProxyContext context, IEnumerable<AuthorizationPolicyConfig> policies, TrustDomains domains)
    {
        _context = context;
        _policies = policies.ToLookup(policy => policy.Action);
        _domains = domains;
    }

    public static AuthorizationFilters Of(ProxyContext context)
    {
        var policies = PolicySelection.Select(
            context.Snapshot.Index.AuthorizationPolicies, context.Mesh.RootNamespace, context.Proxy, policy => (policy.Selector, policy.TargetRef)).ToList();
        foreach (var policy in policies)
        {
            ReportUnknown(context, policy);
        }

        return new(context, policies, TrustDomains.Of(context.Mesh));
    }

    /// <summary>Action CUSTOM: what the RBAC filter finds, the provider judges.</summary>
    public IEnumerable<HttpFilter> CustomHttp()
    {
        if (Custom(isTcp: false) is not { } custom)
        {
            yield break;
        }

        if (custom.Provider is not { } provider)
        {
            yield return Http(HttpName, new HttpRbac { Rules = RbacRules.DenyEverything() });
            yield break;
        }

        yield return Http(HttpName, new HttpRbac { ShadowRules = custom.Rules.Enforced, ShadowRulesStatPrefix = ExternalAuthorization.ShadowPrefix });
        yield return Http("envoy.filters.http.ext_authz", provider.Http);
    }

    public IEnumerable<Filter> CustomNetwork()
    {
        if (Custom(isTcp: true) is not { } custom)
        {
            yield break;
        }

        if (custom.Provider is not { } provider)
        {
            yield return Network(NetworkName, new NetworkRbac { Rules = RbacRules.DenyEverything(), StatPrefix = TcpStatPrefix });
            yield break;
        }

        if (provider.Network is { } filter)
        {
            yield return Network(NetworkName, new NetworkRbac
            {
                ShadowRules = custom.Rules.Enforced,
                StatPrefix = TcpStatPrefix,
                ShadowRulesStatPrefix = ExternalAuthorization.ShadowPrefix,
            });
            yield return Network("envoy.filters.network.ext_authz", filter);
        }
    }

    public IEnumerable<HttpFilter> LocalHttp() => Local(isTcp: false).Select(rules => Http(HttpName, new HttpRbac
    {
        Rules = rules.Enforced,
        ShadowRules = rules.DryRun,
        ShadowRulesStatPrefix = rules.ShadowPrefix,
    }));

    public IEnumerable<Filter> LocalNetwork() => Local(isTcp: true).Select(rules => Network(NetworkName, new NetworkRbac
    {
        Rules = rules.Enforced,
        ShadowRules = rules.DryRun,
        ShadowRulesStatPrefix = rules.ShadowPrefix,
        StatPrefix = TcpStatPrefix,
    }));

    private IEnumerable<RbacRules> Local(bool isTcp) => Order
        .Select(action => RbacRules.Build(_context, [.. _policies[action.Action]], action.Rbac, isTcp, _domains))
        .OfType<RbacRules>();

    private (RbacRules Rules, ExternalAuthorization? Provider)? Custom(bool isTcp)
    {
        AuthorizationPolicyConfig[] policies = [.. _policies[AuthorizationAction.Custom]];
        if (RbacRules.Build(_context, policies, RBAC.Types.Action.Deny, isTcp, _domains) is not { } rules)
        {
            return null;
        }

        var (provider, problem) = ExternalAuthorization.Find(_context, [.. policies.Select(policy => policy.Provider)]);
        if (provider is null)
        {
            foreach (var policy in policies)
            {
                _context.Report(policy.Meta, "spec.provider.name", $"{problem}; every call is denied", "name one ext_authz provider of meshConfig.extensionProviders");
            }
        }

        return (rules, provider);
    }

    private static void ReportUnknown(ProxyContext context, AuthorizationPolicyConfig policy)
    {
        for (var i = 0; i < policy.Rules.Count; i++)
        {
            for (var j = 0; j < policy.Rules[i].When.Count; j++)
            {
                if (AuthorizationAttributes.Find(policy.Rules[i].When[j].Key) is null)
                {
                    context.Report(
                        policy.Meta,
                        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"spec.rules[{i}].when[{j}].key"),
                        $"\"{policy.Rules[i].When[j].Key}\" is no attribute; the rule is left out",
                        "use a key such as source.ip or request.headers[NAME]");
                }
            }
        }
    }

    private static HttpFilter Http(string name, IMessage config) => new() { Name = name, TypedConfig = config.Pack() };

    private static Filter Network(string name, IMessage config) => new() { Name = name, TypedConfig = config.Pack() };
}
