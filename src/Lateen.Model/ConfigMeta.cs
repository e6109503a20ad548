namespace Lateen.Model;

/// <summary>What every Istio resource carries beside its spec: which object it is, and when it was made.</summary>
public sealed record ConfigMeta
{
    /// <summary>The kind, for instance `VirtualService`.</summary>
    public required string Kind { get; init; }

    /// <summary>The API group, for instance `networking.istio.io`.</summary>
    public string Group { get; init; } = "";

    /// <summary>The API version, for instance `v1alpha3`.</summary>
    public string Version { get; init; } = "";

    /// <summary>The object's name.</summary>
    public required string Name { get; init; }

    /// <summary>The object's namespace; empty for what has none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The object's labels.</summary>
    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>The object's annotations.</summary>
    public EquatableMap<string, string> Annotations { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>When the object was created. Of two objects that claim the same thing, the older wins.</summary>
    public DateTimeOffset CreationTimestamp { get; init; }

    /// <summary>The store's version of the object.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary>How often the spec was changed.</summary>
    public long Generation { get; init; }

    /// <summary>The spec as it was written.</summary>
    public SourceText Spec { get; init; } = SourceText.None;

    /// <summary>`Kind namespace/name`, as messages name the object.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>An Istio resource that was read and validated.</summary>
public interface IIstioConfig
{
    /// <summary>Which object it is.</summary>
    ConfigMeta Meta { get; }
}
