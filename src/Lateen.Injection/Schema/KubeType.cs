using System.Collections.Frozen;

namespace Lateen.Injection.Schema;

internal enum KubeKind
{
    Struct,
    List,
    Map,
    String,
    Whole,
    Bool,
    Quantity,

    /// <summary>A number or a name (Kubernetes' IntOrString).</summary>
    WholeOrString,

    /// <summary>A protobuf wrapper: unset, or a value behind GetValue.</summary>
    Wrapper,

    /// <summary>Anything; kept as it is.</summary>
    Any,
}

/// <summary>What a value of a Kubernetes object or of the mesh configuration may be.</summary>
/// <param name="kind">Its shape.</param>
/// <param name="element">Of a list or map: what it holds.</param>
/// <param name="mergeKey">Of a list of objects: the field that identifies an element in a strategic merge; of a list of scalars "" if merged.</param>
internal sealed class KubeType(KubeKind kind, KubeType? element = null, string? mergeKey = null)
{
    private FrozenDictionary<string, KubeField> _byName = FrozenDictionary<string, KubeField>.Empty;
    private FrozenDictionary<string, KubeField> _byGoName = FrozenDictionary<string, KubeField>.Empty;

    public KubeKind Kind => kind;

    public KubeType? Element => element;

    public string? MergeKey => mergeKey;

    public string Name { get; init; } = "";

    /// <summary>Of a struct: its fields in the order in which Kubernetes writes them.</summary>
    public IReadOnlyList<KubeField> Fields { get; private set; } = [];

    public KubeField? Field(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The field that a Go program calls <paramref name="name"/>: the same letters, another spelling of capitals.</summary>
    public KubeField? GoField(string name) => _byGoName.GetValueOrDefault(name);

    // Types refer to each other in cycles, so the fields come after the type.
    internal void Close(IReadOnlyList<KubeField> fields)
    {
        Fields = fields;
        _byName = fields.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal);
        _byGoName = fields.ToFrozenDictionary(field => field.GoName, StringComparer.OrdinalIgnoreCase);
    }
}

/// <summary>A field of a struct.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="GoName">Its name in a template.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Pointer">Whether zero and unset differ.</param>
/// <param name="Always">Whether it is written even when empty.</param>
internal sealed record KubeField(string Name, string GoName, KubeType Type, bool Pointer, bool Always);
