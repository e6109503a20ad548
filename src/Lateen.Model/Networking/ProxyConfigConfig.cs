namespace Lateen.Model.Networking;

/// <summary>Istio's ProxyConfig resource: settings of proxies by workload.</summary>
public sealed record ProxyConfigConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? Selector { get; init; }

    /// <summary>Worker threads; null = not given, 0 = all cores.</summary>
    public int? Concurrency { get; init; }

    public EquatableMap<string, string> EnvironmentVariables { get; init; } = EquatableMap<string, string>.Empty;

    public string ImageType { get; init; } = "";
}
