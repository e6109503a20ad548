using Envoy.Config.Endpoint.V3;
using ModelEndpoint = Lateen.Model.Services.Endpoint;
using ModelLocality = Lateen.Model.Workloads.Locality;

namespace Lateen.Translation.Endpoints;

/// <summary>Endpoints of one locality on their way into an assignment.</summary>
internal sealed class LocalityGroup(ModelLocality locality)
{
    public ModelLocality Locality { get; } = locality;

    /// <summary>What is sent, with the endpoint it stands for: behind a network gateway one of several.</summary>
    public List<(LbEndpoint Message, ModelEndpoint Source)> Members { get; } = [];

    /// <summary>The share of traffic; null = the sum of the members' weights.</summary>
    public uint? Weight { get; set; }

    /// <summary>0 is used first.</summary>
    public int Priority { get; set; }

    public uint TotalWeight => (uint)Math.Min(uint.MaxValue, Members.Sum(m => (long)(m.Message.LoadBalancingWeight ?? 1)));

    public LocalityLbEndpoints Build()
    {
        var part = new LocalityLbEndpoints
        {
            Locality = new() { Region = Locality.Region, Zone = Locality.Zone, SubZone = Locality.Subzone },
            LoadBalancingWeight = Weight ?? TotalWeight,
            Priority = (uint)Priority,
        };
        part.LbEndpoints.AddRange(Members.Select(m => m.Message));
        return part;
    }
}
