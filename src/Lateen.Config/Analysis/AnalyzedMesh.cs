using System.Collections.Immutable;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Config.Analysis;

/// <summary>All that an analysis looks at: the objects as written, the mesh configuration, and which namespace is Istio's.</summary>
/// <remarks>
/// Objects that could only be read in part are here with what could be read: analysis runs over what is stored, right or wrong by
/// itself. Of two objects of one name the later stands, so that files override what a cluster has.
/// </remarks>
public sealed class AnalyzedMesh
{
    private readonly Dictionary<ResourceName, ConfigDocument> _documents = [];
    private readonly Dictionary<string, List<ConfigDocument>> _byKind = [];
    private readonly List<(IIstioConfig Config, ConfigDocument Document)> _configs = [];

    public AnalyzedMesh(IEnumerable<ConfigDocument> documents)
    {
        foreach (var document in documents)
        {
            _documents[document.Resource] = document;
        }

        foreach (var document in _documents.Values)
        {
            (_byKind.TryGetValue(document.Resource.Kind, out var known) ? known : _byKind[document.Resource.Kind] = []).Add(document);
            if (IstioDecoder.Knows(document.Group, document.Resource.Kind)
                && IstioDecoder.Decode(document.Node, document.File, document.Resource.Namespace).Value is { } config)
            {
                _configs.Add((config, document));
            }
        }
    }

    public MeshConfig Mesh { get; init; } = MeshConfig.Default;

    public EquatableArray<MeshNetwork> Networks { get; init; }

    /// <summary>The namespace of the control plane.</summary>
    public string IstioNamespace { get; init; } = "istio-system";

    /// <summary>The suffix of service names.</summary>
    public string Domain { get; init; } = "cluster.local";

    /// <summary>Objects of a kind, as written.</summary>
    public IReadOnlyList<ConfigDocument> OfKind(string kind) => _byKind.GetValueOrDefault(kind) ?? [];

    /// <summary>The object of that name; null when there is none.</summary>
    public ConfigDocument? Find(string kind, string ns, string name) => _documents.GetValueOrDefault(new ResourceName(kind, ns, name));

    /// <summary>Istio's resources of a kind.</summary>
    public IEnumerable<T> Of<T>()
        where T : class, IIstioConfig => _configs.Select(entry => entry.Config).OfType<T>();

    /// <summary>Where a field of an Istio resource stands, with the line if it was read from a file.</summary>
    public ConfigLocation At(ConfigMeta meta, string fieldPath = "") =>
        At(_documents[new ResourceName(meta.Kind, meta.Namespace, meta.Name)], fieldPath);

    /// <summary>Where a field of an object stands; the object's own line where the field has none.</summary>
    public static ConfigLocation At(ConfigDocument document, string fieldPath = "") => new(
        document.Resource, fieldPath, document.File, document.Node.LineOf(fieldPath) is > 0 and var line ? line : document.Node.Line);

    /// <summary>Every object, as written.</summary>
    public ImmutableArray<ConfigDocument> Documents => [.. _documents.Values];
}
