namespace Lateen.Model.Mesh;

/// <summary>Istio's MeshNetworks: all networks of the mesh.</summary>
public sealed record MeshNetworks(EquatableArray<MeshNetwork> Networks);

/// <summary>A network of a mesh with several: which endpoints are in it, and its gateways.</summary>
public sealed record MeshNetwork(string Id, EquatableArray<NetworkMembership> Endpoints, EquatableArray<NetworkGateway> Gateways);

/// <summary>Endpoints of a network: a CIDR, or a registry (cluster).</summary>
public sealed record NetworkMembership(string? FromCidr = null, string? FromRegistry = null);

/// <summary>A way into a network: an address, or a service of a registry.</summary>
public sealed record NetworkGateway
{
    public string Address { get; init; } = "";

    /// <summary>`host` of a service, where the address comes from a registry; empty otherwise.</summary>
    public string RegistryServiceName { get; init; } = "";

    public int Port { get; init; }

    /// <summary>`region/zone/subzone`.</summary>
    public string Locality { get; init; } = "";

    /// <summary>The cluster whose service it is; empty where the configuration names its address.</summary>
    public string ClusterId { get; init; } = "";

    /// <summary>The network that it leads into; empty inside of a <see cref="MeshNetwork"/>, which says it.</summary>
    public string Network { get; init; } = "";
}
