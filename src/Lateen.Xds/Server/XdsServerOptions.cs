namespace Lateen.Xds.Server;

/// <summary>Settings of one xDS server.</summary>
public sealed class XdsServerOptions
{
    /// <summary>Streams for which resources are made at the same time; Istio's PILOT_PUSH_THROTTLE, default 100.</summary>
    public int PushThrottle { get; init; } = 100;

    /// <summary>False refuses new streams with Unavailable: the control plane has no configuration yet.</summary>
    public Func<bool> IsReady { get; init; } = static () => true;

    /// <summary>control_plane.identifier of the responses; empty leaves it out.</summary>
    public string ControlPlaneIdentifier { get; init; } = string.Empty;
}
