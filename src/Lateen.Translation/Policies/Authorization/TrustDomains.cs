using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>A mesh's trust domain and its aliases: a principal of one of them is meant in all of them.</summary>
/// <param name="Names">The trust domain, then the aliases; each once.</param>
internal sealed record TrustDomains(EquatableArray<string> Names)
{
    /// <summary>Stands for whatever the mesh's trust domain is.</summary>
    private const string LocalDomain = "cluster.local";

    /// <summary>`domain/ns/NAMESPACE/sa/ACCOUNT`.</summary>
    private const int PartsOfPrincipal = 5;

    public static TrustDomains Of(MeshConfig mesh) =>
        new(((IEnumerable<string>)[mesh.TrustDomain, .. mesh.TrustDomainAliases]).Distinct().ToEquatableArray());

    /// <summary>The principals as written and, where they name a trust domain of the mesh, in its other domains.</summary>
    public IEnumerable<string> Expand(IEnumerable<string> principals) => principals.SelectMany(Expand);

    private IEnumerable<string> Expand(string principal)
    {
        // A principal that names any domain, or none, does not depend on the mesh's.
        if (DomainOf(principal) is not { } domain || domain == "*"
            || (domain != LocalDomain && !Names.Any(name => IsMeant(name, domain))))
        {
            return [principal];
        }

        return Names.Select(name => IsMeant(name, domain) ? principal : Replace(name, principal)!).Distinct();
    }

    /// <summary>A principal in another trust domain; null when it has another form than `domain/ns/NAMESPACE/sa/ACCOUNT`.</summary>
    public static string? Replace(string domain, string principal) => DomainOf(principal) is { } own ? domain + principal[own.Length..] : null;

    private static string? DomainOf(string principal)
    {
        var parts = principal.Split('/');
        return parts.Length == PartsOfPrincipal ? parts[0] : null;
    }

    /// <summary>Whether a domain is the one that is written, which may begin with a wildcard: `*-td`.</summary>
    private static bool IsMeant(string name, string written) => written.StartsWith('*')
        ? name.EndsWith(written[1..], StringComparison.Ordinal)
        : name == written;
}
