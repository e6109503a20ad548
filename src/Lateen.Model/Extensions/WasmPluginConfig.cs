using Lateen.Model.Telemetry;

namespace Lateen.Model.Extensions;

/// <summary>Where in the filter chain a plugin runs.</summary>
public enum PluginPhase
{
    UnspecifiedPhase,
    Authn,
    Authz,
    Stats,
}

/// <summary>When a module is pulled.</summary>
public enum ImagePullPolicy
{
    UnspecifiedPolicy,
    IfNotPresent,
    Always,
}

/// <summary>What happens when a plugin fails.</summary>
public enum PluginFailStrategy
{
    FailClose,
    FailOpen,
}

/// <summary>HTTP or network filter.</summary>
public enum PluginType
{
    UnspecifiedPluginType,
    Http,
    Network,
}

/// <summary>Istio's WasmPlugin.</summary>
public sealed record WasmPluginConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? Selector { get; init; }

    public TargetReference? TargetRef { get; init; }

    public string Url { get; init; } = "";

    public string Sha256 { get; init; } = "";

    public ImagePullPolicy ImagePullPolicy { get; init; }

    public string ImagePullSecret { get; init; } = "";

    public string VerificationKey { get; init; } = "";

    /// <summary>As JSON; null = none.</summary>
    public string? PluginConfigJson { get; init; }

    public string PluginName { get; init; } = "";

    public PluginPhase Phase { get; init; }

    /// <summary>Higher runs first; null = 0.</summary>
    public int? Priority { get; init; }

    public PluginFailStrategy FailStrategy { get; init; }

    public EquatableArray<PluginVariable> Environment { get; init; }

    public EquatableArray<PluginTrafficMatch> Match { get; init; }

    public PluginType Type { get; init; }
}

/// <summary>An environment variable of the plugin.</summary>
/// <param name="FromHost">The value is the proxy's own variable of that name.</param>
public sealed record PluginVariable(string Name, string Value = "", bool FromHost = false);

/// <summary>Which listeners carry the plugin.</summary>
public sealed record PluginTrafficMatch(WorkloadMode Mode, EquatableArray<int> Ports);
