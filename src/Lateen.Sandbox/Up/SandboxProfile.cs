namespace Lateen.Sandbox.Up;

/// <summary>What a mesh is made of; the names are those of Istio's installation profiles.</summary>
public enum SandboxProfile
{
    /// <summary>The control plane.</summary>
    Minimal,

    /// <summary>The control plane and an ingress gateway.</summary>
    Default,

    /// <summary>The control plane, an ingress and an egress gateway.</summary>
    Demo,
}
