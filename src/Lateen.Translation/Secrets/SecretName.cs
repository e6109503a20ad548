namespace Lateen.Translation.Secrets;

/// <summary>A secret that a proxy asks for by name: `kubernetes://[namespace/]name` or `kubernetes-gateway://namespace/name`.</summary>
/// <param name="Resource">The name as it was asked for.</param>
/// <param name="IsGatewayApi">Named by a Gateway API object: another namespace may have to grant it.</param>
public sealed record SecretName(string Resource, string Namespace, string Name, bool IsGatewayApi)
{
    public const string CaSuffix = "-cacert";
    private const string Kubernetes = "kubernetes://";
    private const string GatewayApi = "kubernetes-gateway://";

    /// <summary>Whether the CA certificate is wanted, not the server's own.</summary>
    public bool IsCa => Name.EndsWith(CaSuffix, StringComparison.Ordinal);

    /// <summary>The name without the suffix of CAs.</summary>
    public string BaseName => IsCa ? Name[..^CaSuffix.Length] : Name;

    /// <summary>Reads a name; null when it is no secret of Kubernetes.</summary>
    /// <param name="ownNamespace">The namespace of names that do not say one: the caller's.</param>
    public static SecretName? Parse(string resource, string ownNamespace)
    {
        if (resource.StartsWith(GatewayApi, StringComparison.Ordinal))
        {
            return resource[GatewayApi.Length..].Split('/') is [{ Length: > 0 } ns, { Length: > 0 } name]
                ? new(resource, ns, name, IsGatewayApi: true)
                : null;
        }

        if (!resource.StartsWith(Kubernetes, StringComparison.Ordinal))
        {
            return null;
        }

        return resource[Kubernetes.Length..].Split('/') switch
        {
            [{ Length: > 0 } name] => new(resource, ownNamespace, name, IsGatewayApi: false),
            [{ Length: > 0 } ns, { Length: > 0 } name] => new(resource, ns, name, IsGatewayApi: false),
            _ => null,
        };
    }
}
