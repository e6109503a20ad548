using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Model.Routing;

/// <summary>DestinationRules by namespace and host, found with Istio's precedence of namespaces, rules of one host merged.</summary>
public sealed class DestinationRuleIndex
{
    private readonly Dictionary<string, HostRules> _byNamespace = [];
    private readonly string _rootNamespace;
    private readonly EquatableArray<string> _defaultExportTo;

    private DestinationRuleIndex(MeshConfig mesh)
    {
        _rootNamespace = mesh.RootNamespace;
        _defaultExportTo = mesh.DefaultDestinationRuleExportTo;
    }

    internal static DestinationRuleIndex Build(EquatableArray<DestinationRuleConfig> oldestFirst, MeshConfig mesh, string domain)
    {
        var index = new DestinationRuleIndex(mesh);
        foreach (var rule in oldestFirst)
        {
            index.Add(rule with { Host = HostName.Resolve(rule.Host, rule.Meta.Namespace, domain) });
        }

        foreach (var hosts in index._byNamespace.Values)
        {
            hosts.Wildcards.Sort(HostName.CompareSpecificity);
        }

        return index;
    }

    /// <summary>The rule for calls of a host from a client; null when there is none.</summary>
    /// <param name="clientNamespace">Where the caller runs.</param>
    /// <param name="clientLabels">The caller's labels, for rules with a workload selector.</param>
    /// <param name="host">The service's host.</param>
    /// <param name="serviceNamespace">The service's namespace; empty when unknown.</param>
    /// <remarks>
    /// Istio, DestinationRule: first rules of the client's namespace (unless it is the root namespace, whose rules are defaults),
    /// then exported ones of the service's namespace, then exported ones of the root namespace; inside a namespace the most specific host.
    /// </remarks>
    public MergedRule? Find(string clientNamespace, EquatableMap<string, string> clientLabels, string host, string serviceNamespace)
    {
        if (clientNamespace != _rootNamespace)
        {
            if (Find(clientNamespace, host, clientNamespace, clientLabels, onlyExported: false) is { } own)
            {
                return own;
            }
        }
        else if (FindPrivate(clientNamespace, host, clientLabels) is { } rootOwn)
        {
            return rootOwn;
        }

        if (serviceNamespace.Length > 0
            && Find(serviceNamespace, host, clientNamespace, clientLabels, onlyExported: true) is { } ofService)
        {
            return ofService;
        }

        return Find(_rootNamespace, host, clientNamespace, clientLabels, onlyExported: true);
    }

    /// <summary>As <see cref="Find(string, EquatableMap{string, string}, string, string)"/> for a service of the mesh.</summary>
    public MergedRule? Find(string clientNamespace, EquatableMap<string, string> clientLabels, Service service) =>
        Find(clientNamespace, clientLabels, service.Hostname, service.Namespace);

    /// <summary>The names of all subsets that any client may know of a host.</summary>
    public IReadOnlySet<string> SubsetsOf(string host)
    {
        var names = new HashSet<string>();
        foreach (var hosts in _byNamespace.Values)
        {
            names.UnionWith(hosts.Covering(host).SelectMany(rule => rule.Rule.Subsets).Select(subset => subset.Name));
        }

        return names;
    }

    private MergedRule? FindPrivate(string owner, string host, EquatableMap<string, string> labels) =>
        Choose(owner, host, labels, rule => Visibility.IsPrivate(rule.ExportTo, _defaultExportTo, owner), sameNamespace: true);

    private MergedRule? Find(string owner, string host, string client, EquatableMap<string, string> labels, bool onlyExported) =>
        Choose(
            owner,
            host,
            labels,
            rule => !onlyExported || Visibility.IsVisible(rule.ExportTo, _defaultExportTo, owner, client),
            sameNamespace: owner == client);

    private MergedRule? Choose(
        string owner, string host, EquatableMap<string, string> labels, Func<DestinationRuleConfig, bool> usable, bool sameNamespace)
    {
        if (!_byNamespace.TryGetValue(owner, out var hosts) || hosts.MostSpecific(host, usable) is not { } best)
        {
            return null;
        }

        // Merged are only rules that the client may use: one that is not exported to it adds nothing and hides nothing.
        MergedRule? general = null;
        MergedRule? selected = null;
        foreach (var rule in best)
        {
            if (!usable(rule.Rule))
            {
                continue;
            }

            if (rule.Rule.WorkloadSelector is not { MatchLabels.IsEmpty: false } selector)
            {
                general = general?.With(rule.Rule) ?? rule;
            }
            else if (sameNamespace && selector.Matches(labels))
            {
                selected = selected is null ? rule : SelectorOf(selected.Rule).Equals(SelectorOf(rule.Rule)) ? selected.With(rule.Rule) : selected;
            }
        }

        return selected ?? general;
    }

    private void Add(DestinationRuleConfig rule)
    {
        if (!_byNamespace.TryGetValue(rule.Meta.Namespace, out var hosts))
        {
            _byNamespace[rule.Meta.Namespace] = hosts = new HostRules();
        }

        if (!hosts.ByHost.TryGetValue(rule.Host, out var rules))
        {
            hosts.ByHost[rule.Host] = rules = [];
            if (HostName.IsWildcard(rule.Host))
            {
                hosts.Wildcards.Add(rule.Host);
            }
        }

        rules.Add(new MergedRule(rule, [rule.Meta]));
    }

    private static EquatableMap<string, string> SelectorOf(DestinationRuleConfig rule) =>
        rule.WorkloadSelector?.MatchLabels ?? EquatableMap<string, string>.Empty;

    /// <summary>The rules of one namespace.</summary>
    private sealed class HostRules
    {
        public Dictionary<string, List<MergedRule>> ByHost { get; } = [];

        /// <summary>The most specific first.</summary>
        public List<string> Wildcards { get; } = [];

        public IEnumerable<MergedRule> Covering(string host) =>
            (ByHost.TryGetValue(host, out var exact) ? exact : []).Concat(
                Wildcards.Where(wildcard => HostName.IsSubsetOf(host, wildcard)).SelectMany(wildcard => ByHost[wildcard]));

        public List<MergedRule>? MostSpecific(string host, Func<DestinationRuleConfig, bool> usable)
        {
            // A name, or a wildcard, is the most specific host that it is a subset of.
            if (ByHost.TryGetValue(host, out var exact) && exact.Exists(m => usable(m.Rule)))
            {
                return exact;
            }

            foreach (var wildcard in Wildcards)
            {
                if (HostName.IsSubsetOf(host, wildcard) && ByHost[wildcard] is var rules && rules.Exists(m => usable(m.Rule)))
                {
                    return rules;
                }
            }

            return null;
        }
    }
}

/// <summary>The rules of one host in one namespace as one.</summary>
/// <param name="Rule">The merged rule: subsets of all (the first of a name counts), the traffic policy of the oldest that has one.</param>
/// <param name="From">The objects it was merged from.</param>
public sealed record MergedRule(DestinationRuleConfig Rule, EquatableArray<ConfigMeta> From)
{
    internal MergedRule With(DestinationRuleConfig other)
    {
        var names = Rule.Subsets.Select(s => s.Name).ToHashSet();
        return new(
            Rule with
            {
                TrafficPolicy = Rule.TrafficPolicy ?? other.TrafficPolicy,
                Subsets = [.. Rule.Subsets, .. other.Subsets.Where(s => names.Add(s.Name))],
            },
            From.Add(other.Meta));
    }

    /// <summary>The subset of that name; null when there is none.</summary>
    public Subset? FindSubset(string name) => Rule.Subsets.FirstOrDefault(s => s.Name == name);
}
