using Lateen.Config.Analysis.VirtualServices;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>Whether the hosts and subsets that a VirtualService names exist (IST0101 ReferencedResourceNotFound).</summary>
public static class ReferenceCheck
{
    private const string Code = "IST0101";

    /// <summary>Warnings for one resource, in the light of the mesh as it is.</summary>
    public static IEnumerable<ConfigProblem> Of(IIstioConfig config, MeshSnapshot mesh) =>
        config is VirtualServiceConfig service ? Of(service, mesh, isSubsetKnown: (host, subset) => HasSubset(Rules(host, mesh), subset)) : [];

    /// <summary>
    /// What to tell the person who applies a resource. A VirtualService may come before its DestinationRule: a subset of a host without
    /// any rule is not worth a warning yet. A DestinationRule is held against the VirtualServices that name its subsets.
    /// </summary>
    public static IEnumerable<ConfigProblem> OnAdmission(IIstioConfig config, MeshSnapshot mesh) => config switch
    {
        VirtualServiceConfig service => Of(service, mesh, (host, subset) => Rules(host, mesh).ToList() is var rules && (rules.Count == 0 || HasSubset(rules, subset))),
        DestinationRuleConfig rule => LostSubsets(rule, mesh),
        _ => [],
    };

    private static IEnumerable<ConfigProblem> LostSubsets(DestinationRuleConfig rule, MeshSnapshot mesh)
    {
        var ruled = HostName.Resolve(rule.Host, rule.Meta.Namespace, mesh.Index.Inputs.Domain);
        bool IsKnown(string host, string subset) =>
            !HostName.IsSubsetOf(host, ruled) || HasSubset(Rules(host, mesh).Where(other => !IsSame(other.Meta, rule.Meta)).Append(rule), subset);
        return mesh.Index.Inputs.Configs.OfType<VirtualServiceConfig>().SelectMany(service => Of(service, mesh, IsKnown));
    }

    private static bool IsSame(ConfigMeta left, ConfigMeta right) => left.Name == right.Name && left.Namespace == right.Namespace;

    private static IEnumerable<ConfigProblem> Of(VirtualServiceConfig service, MeshSnapshot mesh, Func<string, string, bool> isSubsetKnown)
    {
        foreach (var (destination, path, _) in RouteTargets.Of(service))
        {
            if (Check(service.Meta, destination, path, mesh, isSubsetKnown) is { } problem)
            {
                yield return problem;
            }
        }
    }

    private static ConfigProblem? Check(ConfigMeta meta, Destination destination, string path, MeshSnapshot mesh, Func<string, string, bool> isSubsetKnown)
    {
        if (destination.Host.Length == 0)
        {
            return null;
        }

        var host = HostName.Resolve(destination.Host, meta.Namespace, mesh.Index.Inputs.Domain);
        var resource = new ResourceName(meta.Kind, meta.Namespace, meta.Name);
        if (!mesh.Index.Services.Any(known => HostName.IsSubsetOf(host, known.Hostname)))
        {
            return ConfigProblem.Warning(
                Code,
                $"host {host} is not known to the mesh",
                new ConfigLocation(resource, $"{path}.host"),
                "create its Service or ServiceEntry, or correct the name; requests get 503 until then");
        }

        if (destination.Subset.Length == 0 || isSubsetKnown(host, destination.Subset))
        {
            return null;
        }

        return ConfigProblem.Warning(
            Code,
            $"subset {destination.Subset} of host {host} is in no DestinationRule",
            new ConfigLocation(resource, $"{path}.subset"),
            "add the subset to the host's DestinationRule, or correct the name; requests get 503 until then");
    }

    private static bool HasSubset(IEnumerable<DestinationRuleConfig> rules, string subset) =>
        rules.Any(rule => rule.Subsets.Any(known => known.Name == subset));

    private static IEnumerable<DestinationRuleConfig> Rules(string host, MeshSnapshot mesh) =>
        mesh.Index.Inputs.Configs.OfType<DestinationRuleConfig>()
            .Where(rule => HostName.IsSubsetOf(host, HostName.Resolve(rule.Host, rule.Meta.Namespace, mesh.Index.Inputs.Domain)));
}
