namespace Lateen.Config;

/// <summary>Which object: kind, namespace (empty for cluster-scoped kinds) and name.</summary>
public readonly record struct ResourceName(string Kind, string Namespace, string Name)
{
    /// <summary>`VirtualService default/reviews`, or `Namespace default`.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
