namespace Lateen.Model.Mesh;

/// <summary>Who fetches JSON Web Key Sets.</summary>
public enum JwksFetchMode
{
    /// <summary>`false`, `istiod`: the control plane, which hands them to proxies.</summary>
    ControlPlane,

    /// <summary>`hybrid`: the proxy where the keys lie at a service of the mesh, the control plane elsewhere.</summary>
    Hybrid,

    /// <summary>`true`, `envoy`: the proxy.</summary>
    Proxy,
}
