using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>What names an object within its type.</summary>
/// <param name="Namespace">The namespace; empty for cluster-wide objects.</param>
/// <param name="Name">The name.</param>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    /// <summary>The key of an object as the API server returned it.</summary>
    public static ObjectKey Of(JsonObject value) => new(value.Namespace(), value.Name());

    /// <summary><c>namespace/name</c>, or the name alone for cluster-wide objects.</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
