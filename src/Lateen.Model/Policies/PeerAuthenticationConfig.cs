namespace Lateen.Model.Policies;

/// <summary>What a workload accepts.</summary>
public enum MutualTlsMode
{
    /// <summary>Inherited.</summary>
    Unset,
    Disable,
    Permissive,
    Strict,
}

/// <summary>Istio's PeerAuthentication.</summary>
public sealed record PeerAuthenticationConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? Selector { get; init; }

    /// <summary>Null where the block is absent.</summary>
    public MutualTlsMode? Mtls { get; init; }

    /// <summary>By the workload's port.</summary>
    public EquatableMap<int, MutualTlsMode> PortLevelMtls { get; init; } = EquatableMap<int, MutualTlsMode>.Empty;
}
