using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>The objects of a type at one moment.</summary>
/// <param name="Items">The objects; <c>kind</c> and <c>apiVersion</c> are filled in.</param>
/// <param name="ResourceVersion">The moment, to watch on from.</param>
public sealed record ResourceList(IReadOnlyList<JsonObject> Items, string ResourceVersion);
