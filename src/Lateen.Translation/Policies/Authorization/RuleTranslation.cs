using Envoy.Config.Rbac.V3;
using Lateen.Model;
using Lateen.Model.Policies;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>One rule of an AuthorizationPolicy as a policy of Envoy's RBAC.</summary>
/// <remarks>
/// What can not be compared on connections that are not HTTP makes an ALLOW rule match never, and is left out of any other rule, which
/// so matches more: in doubt access is denied.
/// </remarks>
internal sealed class RuleTranslation
{
    private readonly bool _isTcp;
    private readonly bool _isAllow;
    private readonly TrustDomains _domains;
    private bool _isImpossible;

    private RuleTranslation(bool isTcp, bool isAllow, TrustDomains domains)
    {
        _isTcp = isTcp;
        _isAllow = isAllow;
        _domains = domains;
    }

    /// <summary>Null for a rule that never matches here.</summary>
    public static Policy? Translate(AuthorizationRule rule, RBAC.Types.Action action, bool isTcp, TrustDomains domains)
    {
        // Conditions with a key that there is not would be a hole where they restrict: the whole rule is left out.
        if (rule.When.Any(condition => AuthorizationAttributes.Find(condition.Key) is null))
        {
            return null;
        }

        var translation = new RuleTranslation(isTcp, action == RBAC.Types.Action.Allow, domains);
        var result = new Policy();
        result.Permissions.AddRange(Each(rule.To).Select(operation => translation.Permission(operation, rule.When)));
        result.Principals.AddRange(Each(rule.From).Select(source => translation.Principal(source, rule.When)));
        return translation._isImpossible ? null : result;
    }

    /// <summary>A part that is absent matches everything.</summary>
    private static IEnumerable<T?> Each<T>(EquatableArray<T> parts)
        where T : class
    {
        if (parts.IsEmpty)
        {
            yield return null;
        }

        foreach (var part in parts)
        {
            yield return part;
        }
    }

    private Permission Permission(AuthorizationOperation? to, EquatableArray<AuthorizationCondition> when)
    {
        var all = new Permission.Types.Set();
        if (to is not null)
        {
            Add(all, AuthorizationAttributes.Hosts, to.Hosts, to.NotHosts);
            Add(all, AuthorizationAttributes.Methods, to.Methods, to.NotMethods);
            Add(all, AuthorizationAttributes.Paths, to.Paths, to.NotPaths);
            Add(all, AuthorizationAttributes.DestinationPort, to.Ports, to.NotPorts);
        }

        foreach (var condition in when)
        {
            Add(all, AuthorizationAttributes.Find(condition.Key)!, condition.Values, condition.NotValues);
        }

        if (all.Rules.Count == 0)
        {
            all.Rules.Add(new Permission { Any = true });
        }

        return new() { AndRules = all };
    }

    private Principal Principal(AuthorizationSource? from, EquatableArray<AuthorizationCondition> when)
    {
        var all = new Principal.Types.Set();
        if (from is not null)
        {
            Add(all, AuthorizationAttributes.SourcePrincipal, from.Principals, from.NotPrincipals);
            Add(all, AuthorizationAttributes.RequestPrincipal, from.RequestPrincipals, from.NotRequestPrincipals);
            Add(all, AuthorizationAttributes.SourceNamespace, from.Namespaces, from.NotNamespaces);
            Add(all, AuthorizationAttributes.RemoteIp, from.RemoteIpBlocks, from.NotRemoteIpBlocks);
            Add(all, AuthorizationAttributes.SourceIp, from.IpBlocks, from.NotIpBlocks);
        }

        foreach (var condition in when)
        {
            Add(all, AuthorizationAttributes.Find(condition.Key)!, condition.Values, condition.NotValues);
        }

        if (all.Ids.Count == 0)
        {
            all.Ids.Add(new Principal { Any = true });
        }

        return new() { AndIds = all };
    }

    private void Add(Permission.Types.Set all, AuthorizationAttribute attribute, EquatableArray<string> values, EquatableArray<string> notValues)
    {
        if (attribute.Permission is not { } permission)
        {
            return;
        }

        if (Any(attribute, values, permission) is { Count: > 0 } some)
        {
            all.Rules.Add(new Permission { OrRules = new() { Rules = { some } } });
        }

        if (Any(attribute, notValues, permission) is { Count: > 0 } none)
        {
            all.Rules.Add(new Permission { NotRule = new() { OrRules = new() { Rules = { none } } } });
        }
    }

    private void Add(Principal.Types.Set all, AuthorizationAttribute attribute, EquatableArray<string> values, EquatableArray<string> notValues)
    {
        if (attribute.Principal is not { } principal)
        {
            return;
        }

        if (Any(attribute, values, principal) is { Count: > 0 } some)
        {
            all.Ids.Add(new Principal { OrIds = new() { Ids = { some } } });
        }

        if (Any(attribute, notValues, principal) is { Count: > 0 } none)
        {
            all.Ids.Add(new Principal { NotId = new() { OrIds = new() { Ids = { none } } } });
        }
    }

    private List<T> Any<T>(AuthorizationAttribute attribute, EquatableArray<string> values, Func<string, T?> translate)
        where T : class
    {
        if (values.IsEmpty)
        {
            return [];
        }

        if (_isTcp && attribute.IsHttpOnly)
        {
            _isImpossible |= _isAllow;
            return [];
        }

        var result = new List<T>();
        foreach (var value in attribute.Key == AuthorizationAttributes.SourcePrincipalKey ? _domains.Expand(values) : values)
        {
            if (translate(value) is { } one)
            {
                result.Add(one);
            }
            else
            {
                _isImpossible |= _isAllow;
            }
        }

        return result;
    }
}
