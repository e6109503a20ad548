namespace Lateen.Sandbox.Store;

/// <summary>Names one object: its resource as <c>plural</c> or <c>plural.group</c>, its namespace ("" when cluster-scoped) and its name.</summary>
internal readonly record struct ObjectKey(string Resource, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Resource} {Name}" : $"{Resource} {Namespace}/{Name}";
}
