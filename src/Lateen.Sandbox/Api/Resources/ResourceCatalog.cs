using System.Collections.Frozen;
using Lateen.Sandbox.Api.CustomResources;

namespace Lateen.Sandbox.Api.Resources;

/// <summary>Every resource that is served at this moment: the built-in ones and those of established definitions.</summary>
/// <remarks>Immutable; a change of the definitions swaps the whole catalog.</remarks>
internal sealed class ResourceCatalog
{
    private readonly FrozenDictionary<(string Group, string Version, string Plural), ApiResource> _byPath;

    public ResourceCatalog(IEnumerable<ApiResource> resources)
    {
        Resources = [.. resources];
        // Built-in resources come first: a definition can not take their place.
        _byPath = Resources.DistinctBy(r => (r.Group, r.Version, r.Plural)).ToFrozenDictionary(r => (r.Group, r.Version, r.Plural));
        Groups = [.. Resources.GroupBy(r => r.Group).Select(g => (g.Key, (IReadOnlyList<string>)[.. g.Select(r => r.Version).Distinct().OrderBy(DefinitionReader.Rank)]))];
    }

    public static ResourceCatalog BuiltIn { get; } = new(BuiltInResources.All);

    public IReadOnlyList<ApiResource> Resources { get; }

    /// <summary>Groups in order of preference, each with its versions, the preferred one first.</summary>
    public IReadOnlyList<(string Group, IReadOnlyList<string> Versions)> Groups { get; }

    public ApiResource? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    public IEnumerable<ApiResource> Of(string group, string version) =>
        Resources.Where(r => r.Group == group && r.Version == version);

    /// <summary>The resource under any version, to resolve references by group and plural.</summary>
    public ApiResource? FindAny(string group, string plural) => Resources.FirstOrDefault(r => r.Group == group && r.Plural == plural);
}
