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
        var all = new RuleSet<Permission>(
            this, attribute => attribute.Permission, some => new() { OrRules = new() { Rules = { some } } }, one => new() { NotRule = one });
        if (to is not null)
        {
            all.Add(AuthorizationAttributes.Hosts, to.Hosts, to.NotHosts);
            all.Add(AuthorizationAttributes.Methods, to.Methods, to.NotMethods);
            all.Add(AuthorizationAttributes.Paths, to.Paths, to.NotPaths);
            all.Add(AuthorizationAttributes.DestinationPort, to.Ports, to.NotPorts);
        }

        all.Add(when);
        return new() { AndRules = new() { Rules = { all.OrElse(new Permission { Any = true }) } } };
    }

    private Principal Principal(AuthorizationSource? from, EquatableArray<AuthorizationCondition> when)
    {
        var all = new RuleSet<Principal>(
            this, attribute => attribute.Principal, some => new() { OrIds = new() { Ids = { some } } }, one => new() { NotId = one });
        if (from is not null)
        {
            all.Add(AuthorizationAttributes.SourcePrincipal, from.Principals, from.NotPrincipals);
            all.Add(AuthorizationAttributes.RequestPrincipal, from.RequestPrincipals, from.NotRequestPrincipals);
            all.Add(AuthorizationAttributes.SourceNamespace, from.Namespaces, from.NotNamespaces);
            all.Add(AuthorizationAttributes.RemoteIp, from.RemoteIpBlocks, from.NotRemoteIpBlocks);
            all.Add(AuthorizationAttributes.SourceIp, from.IpBlocks, from.NotIpBlocks);
        }

        all.Add(when);
        return new() { AndIds = new() { Ids = { all.OrElse(new Principal { Any = true }) } } };
    }

    private List<T> Values<T>(AuthorizationAttribute attribute, EquatableArray<string> values, Func<string, T?> translate)
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

    /// <summary>Rules that must all hold. Permissions and principals differ in their messages alone.</summary>
    private sealed class RuleSet<T>(
        RuleTranslation owner, Func<AuthorizationAttribute, Func<string, T?>?> translate, Func<List<T>, T> any, Func<T, T> not)
        where T : class
    {
        private readonly List<T> _rules = [];

        public void Add(AuthorizationAttribute attribute, EquatableArray<string> values, EquatableArray<string> notValues)
        {
            if (translate(attribute) is not { } one)
            {
                return;
            }

            if (owner.Values(attribute, values, one) is { Count: > 0 } some)
            {
                _rules.Add(any(some));
            }

            if (owner.Values(attribute, notValues, one) is { Count: > 0 } none)
            {
                _rules.Add(not(any(none)));
            }
        }

        public void Add(EquatableArray<AuthorizationCondition> when)
        {
            foreach (var condition in when)
            {
                Add(AuthorizationAttributes.Find(condition.Key)!, condition.Values, condition.NotValues);
            }
        }

        /// <summary>The rules; without any the one that is given.</summary>
        public List<T> OrElse(T otherwise) => _rules.Count == 0 ? [otherwise] : _rules;
    }
}
