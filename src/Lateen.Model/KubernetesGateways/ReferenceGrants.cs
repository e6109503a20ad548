namespace Lateen.Model.KubernetesGateways;

/// <summary>A ReferenceGrant: which objects of other namespaces may refer to some of its own.</summary>
public sealed record ReferenceGrant(ConfigMeta Meta, EquatableArray<GrantedFrom> From, EquatableArray<GrantedTo> To);

/// <summary>Who may refer.</summary>
public sealed record GrantedFrom(string Group, string Kind, string Namespace);

/// <summary>To what.</summary>
/// <param name="Name">Null = each of the kind.</param>
public sealed record GrantedTo(string Group, string Kind, string? Name);

/// <summary>All ReferenceGrants together.</summary>
public sealed record ReferenceGrants(EquatableArray<ReferenceGrant> All)
{
    public static ReferenceGrants None { get; } = new(EquatableArray<ReferenceGrant>.Empty);

    /// <summary>Whether Gateways of a namespace may use a Secret.</summary>
    public bool AllowSecret(string fromNamespace, string ns, string name) => Allow("Gateway", fromNamespace, "Secret", ns, name);

    /// <summary>Whether routes of a kind and namespace may lead to a Service.</summary>
    public bool AllowService(string routeKind, string fromNamespace, string ns, string name) => Allow(routeKind, fromNamespace, "Service", ns, name);

    private bool Allow(string fromKind, string fromNamespace, string kind, string ns, string name) => All.Any(grant =>
        grant.Meta.Namespace == ns
        && grant.From.Any(from => from.Group == GatewayNames.Group && from.Kind == fromKind && from.Namespace == fromNamespace)
        && grant.To.Any(to => to.Group.Length == 0 && to.Kind == kind && (to.Name is null || to.Name == name)));
}
