namespace Lateen.Translation.Secrets;

/// <summary>A Kubernetes Secret with certificates in it.</summary>
public sealed record CredentialSecret(string Namespace, string Name, IReadOnlyDictionary<string, byte[]> Data)
{
    /// <summary>Never shows the content.</summary>
    public override string ToString() => $"Secret {Namespace}/{Name}";
}
