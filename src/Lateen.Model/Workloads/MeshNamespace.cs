namespace Lateen.Model.Workloads;

/// <summary>A namespace with its labels.</summary>
public sealed record MeshNamespace(string Name, EquatableMap<string, string> Labels);
