using Lateen.Model.Policies;

namespace Lateen.Config.Analysis.Authorization;

/// <summary>IST0127: an AuthorizationPolicy that no workload of the mesh has. IST0101: it names a namespace that does not exist.</summary>
internal sealed class AuthorizationPolicyAnalyzer : IAnalyzer
{
    public string Name => "auth.AuthorizationPoliciesAnalyzer";

    public string Description => "Checks the validity of AuthorizationPolicies";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var pods = mesh.OfKind("Pod")
            .Where(pod => MeshMembership.HasPod(mesh, pod) || MeshMembership.IsAmbient(pod))
            .Select(pod => (pod.Resource.Namespace, Labels: pod.Node.Labels()))
            .ToList();
        foreach (var policy in mesh.Of<AuthorizationPolicyConfig>())
        {
            // In the root namespace a policy is the whole mesh's: without a selector it needs no workload yet.
            var everywhere = policy.Meta.Namespace == mesh.Mesh.RootNamespace;
            if (!(everywhere && policy.Selector is null)
                && !pods.Exists(pod => (everywhere || pod.Namespace == policy.Meta.Namespace) && policy.Selector?.Matches(pod.Labels) != false))
            {
                var labels = policy.Selector is { } selector ? GoText.Selector(selector.MatchLabels) : "";
                yield return ConfigProblem.Warning(
                    "IST0127",
                    $"No matching workloads for this resource with the following labels: {labels}",
                    mesh.At(policy.Meta, policy.Selector is null ? "" : "spec.selector.matchLabels"));
            }

            foreach (var problem in MissingNamespaces(mesh, policy))
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<ConfigProblem> MissingNamespaces(AnalyzedMesh mesh, AuthorizationPolicyConfig policy)
    {
        for (var i = 0; i < policy.Rules.Count; i++)
        {
            for (var j = 0; j < policy.Rules[i].From.Count; j++)
            {
                var source = policy.Rules[i].From[j];
                foreach (var (names, field) in new[] { (source.Namespaces, "namespaces"), (source.NotNamespaces, "notNamespaces") })
                {
                    for (var k = 0; k < names.Count; k++)
                    {
                        var name = names[k];
                        if (!mesh.OfKind("Namespace").Any(ns => IsMeant(name, ns.Resource.Name)))
                        {
                            yield return Findings.NotFound(mesh.At(policy.Meta, $"spec.rules[{i}].from[{j}].source.{field}[{k}]"), "namespace", name);
                        }
                    }
                }
            }
        }
    }

    private static bool IsMeant(string pattern, string name) => pattern switch
    {
        "*" => true,
        ['*', ..] => name.EndsWith(pattern[1..], StringComparison.Ordinal),
        [.., '*'] => name.StartsWith(pattern[..^1], StringComparison.Ordinal),
        _ => name == pattern,
    };
}
