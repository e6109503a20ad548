namespace Lateen.Proxy.Health;

/// <summary>What active health checks know of a host.</summary>
internal enum ActiveHealth
{
    /// <summary>No check is configured, or they pass.</summary>
    Passed,

    /// <summary>Not checked yet.</summary>
    Pending,

    /// <summary>Passes and asks for less (x-envoy-degraded).</summary>
    Degraded,

    Failed,
}
