namespace Lateen.Xds.Server;

/// <summary>Settings of one xDS server.</summary>
public sealed class XdsServerOptions
{
    /// <summary>Streams for which resources are made at the same time; Istio's PILOT_PUSH_THROTTLE, default 100.</summary>
    public int PushThrottle { get; init; } = 100;

    /// <summary>New streams that get their first answer at the same time; more wait in the order in which they came. Default 32.</summary>
    public int AdmittedAtOnce { get; init; } = 32;

    /// <summary>How often a node may open a stream before it has to wait: each time counts that is within 20 s of the one before. Default 5.</summary>
    public int FreeReconnects { get; init; } = 5;

    /// <summary>The longest that a node waits which comes back again and again. Default 5 s.</summary>
    public TimeSpan LongestReconnectPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>False refuses new streams with Unavailable: the control plane has no configuration yet.</summary>
    public Func<bool> IsReady { get; init; } = static () => true;

    /// <summary>control_plane.identifier of the responses; empty leaves it out.</summary>
    public string ControlPlaneIdentifier { get; init; } = string.Empty;
}
