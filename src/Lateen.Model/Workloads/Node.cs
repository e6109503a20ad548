namespace Lateen.Model.Workloads;

/// <summary>A machine that runs pods.</summary>
public sealed record Node
{
    public required string Name { get; init; }

    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<string> Addresses { get; init; }

    /// <summary>Those of the addresses that are reached from outside (type ExternalIP).</summary>
    public EquatableArray<string> ExternalAddresses { get; init; }

    /// <summary>From the labels topology.kubernetes.io/region, topology.kubernetes.io/zone and topology.istio.io/subzone.</summary>
    public Locality Locality => new(
        Labels.Find("topology.kubernetes.io/region") ?? Labels.Find("failure-domain.beta.kubernetes.io/region") ?? "",
        Labels.Find("topology.kubernetes.io/zone") ?? Labels.Find("failure-domain.beta.kubernetes.io/zone") ?? "",
        Labels.Find("topology.istio.io/subzone") ?? "");
}
