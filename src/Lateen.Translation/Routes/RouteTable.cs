using Google.Protobuf;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>A sidecar's route configuration with what its virtual hosts were made from, so that the next one makes only those that differ.</summary>
/// <param name="Settings">With other settings of mesh or control plane nothing is taken over.</param>
/// <param name="Rules">The DestinationRules that were asked.</param>
/// <param name="ServicesByHost">The services that names in routes stood for.</param>
/// <param name="Served">What of each service is called on the configuration's port; null = nothing of it. By identity.</param>
/// <param name="Routes">The routes of each VirtualService or service on each port, by identity of that object.</param>
/// <param name="Groups">All names that are routed, in the order in which they claim domains.</param>
/// <param name="Hosts">The virtual hosts in the order of their names.</param>
/// <param name="IsContested">Several names wanted one domain: the order of the groups decided who has it.</param>
internal sealed record RouteTable(
    (MeshConfig Mesh, ControlPlaneSettings ControlPlane) Settings,
    DestinationRuleIndex Rules,
    IReadOnlyDictionary<string, Service> ServicesByHost,
    IReadOnlyDictionary<Service, Service?> Served,
    IReadOnlyDictionary<(object Owner, int Port), HostRoutes> Routes,
    IReadOnlyList<HostGroup> Groups,
    IReadOnlyList<RoutedHost> Hosts,
    bool IsContested);

/// <summary>What the routes under some names are made from: a VirtualService, or a service that none names, for one port.</summary>
/// <param name="Source">The VirtualService; null for the one route that a service has by itself.</param>
/// <param name="Reads">The services that it leads to.</param>
/// <param name="IsEmpty">None of the VirtualService's routes holds for this proxy and port.</param>
/// <param name="Problems">What could not be honoured in them.</param>
internal sealed record HostRoutes(
    VirtualServiceConfig? Source, int Port, EquatableArray<RouteRead> Reads, bool IsEmpty, EquatableArray<ModelProblem> Problems);

/// <summary>What a host in a route stood for.</summary>
internal readonly record struct RouteRead(string Host, Service? Service, MergedRule? Rule)
{
    /// <summary>Services keep their identity; rules are merged anew by every index.</summary>
    public bool IsSame(RouteRead other) => ReferenceEquals(Service, other.Service) && Host == other.Host && Equals(Rule, other.Rule);
}

/// <summary>Routes under one name.</summary>
internal sealed record HostGroup(string Hostname, int Port, Service? Service, HostRoutes Routes)
{
    /// <summary>The name of its virtual host.</summary>
    public string Name { get; } = Naming.HostPort(Hostname, Port);

    /// <summary>Whether both claim the same domains, whatever is routed under them.</summary>
    public bool ClaimsLike(HostGroup other) => ReferenceEquals(Service, other.Service) && Port == other.Port && Hostname == other.Hostname;
}

/// <summary>A virtual host as it is sent.</summary>
/// <param name="Group">Its place among <see cref="RouteTable.Groups"/>.</param>
/// <param name="Field">The bytes of RouteConfiguration.virtual_hosts with tag and length.</param>
/// <param name="Digest">SHA-256 of <paramref name="Field"/>.</param>
internal sealed record RoutedHost(int Group, string Name, IReadOnlyList<string> Domains, ByteString Field, byte[] Digest);
