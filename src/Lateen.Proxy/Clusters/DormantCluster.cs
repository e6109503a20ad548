using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Packing;

namespace Lateen.Proxy.Clusters;

/// <summary>A cluster that nobody has used: its messages as they came, of which the rest is made at first use.</summary>
/// <remarks>
/// A proxy knows every service of its mesh and calls a few: what is known and not called must cost little more than its bytes. The messages
/// were compiled once when they came, so that what cannot be honoured was refused then; compiling them again gives the same.
/// </remarks>
internal sealed class DormantCluster
{
    private readonly ICompileHost _host;
    private readonly PackedBytes _message;
    private readonly ClusterConfig? _compiled;
    private EndpointSet? _endpoints;

    private DormantCluster(ICompileHost host, PackedBytes message, ClusterConfig? compiled) =>
        (_host, _message, _compiled) = (host, message, compiled);

    /// <summary>The ClusterLoadAssignment as received; null while none has come, or its endpoints come otherwise.</summary>
    public PackedBytes? Assignment { get; private set; }

    /// <summary>How many endpoints there are, how many of them healthy and degraded.</summary>
    public (int Total, int Healthy, int Degraded) Membership { get; private set; }

    /// <param name="host">What compilers reach.</param>
    /// <param name="message">The Cluster as received.</param>
    /// <param name="config">What it compiles to. Kept where compiling later could give something else: files and names are read when they are configured.</param>
    public static DormantCluster Of(ICompileHost host, PackedBytes message, ClusterConfig config)
    {
        bool isFixed = config.Discovery is DiscoveryKind.StrictDns or DiscoveryKind.LogicalDns || config.HasOwnTlsMaterial;
        return new DormantCluster(host, message, isFixed ? config : null);
    }

    /// <summary>Takes a ClusterLoadAssignment as received (null: none), with what it compiles to for the numbers.</summary>
    public void SetAssignment(PackedBytes? message, EndpointSet endpoints)
    {
        (Assignment, _endpoints) = (message, null);
        Count(endpoints);
    }

    /// <summary>Endpoints that are in no message: addresses of names.</summary>
    public void SetEndpoints(EndpointSet endpoints)
    {
        (Assignment, _endpoints) = (null, endpoints);
        Count(endpoints);
    }

    /// <summary>The configuration, made anew by each call.</summary>
    public ClusterConfig? Compile() =>
        _compiled ?? ClusterCompiler.Compile(new CompileScope(_host, ""), Cluster.Parser.ParseFrom(_message.ToArray()));

    /// <summary>The endpoints, made anew by each call.</summary>
    /// <param name="config">What <see cref="Compile"/> gave.</param>
    public EndpointSet Endpoints(ClusterConfig config) =>
        config.Discovery == DiscoveryKind.Static ? config.StaticEndpoints
        : _endpoints ?? (Assignment is null ? EndpointSet.Empty
            : ClusterCompiler.Endpoints(new CompileScope(_host, ""), ClusterLoadAssignment.Parser.ParseFrom(Assignment.ToArray()), ""));

    private void Count(EndpointSet endpoints) => Membership = (
        endpoints.Endpoints.Count,
        endpoints.Endpoints.Count(e => e.Health == HostHealth.Healthy),
        endpoints.Endpoints.Count(e => e.Health == HostHealth.Degraded));
}
