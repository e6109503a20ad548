namespace Lateen.Proxy.Clusters;

/// <summary>A ClusterLoadAssignment, compiled: the endpoints in the order given and its overprovisioning factor in percent.</summary>
internal sealed record EndpointSet(IReadOnlyList<EndpointConfig> Endpoints, int Overprovisioning = EndpointSet.DefaultOverprovisioning)
{
    public const int DefaultOverprovisioning = 140;

    public static readonly EndpointSet Empty = new([]);
}
