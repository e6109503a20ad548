using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.Routing;

/// <summary>A route: what it matches and what it does. Immutable.</summary>
internal sealed class Route
{
    public required string Name { get; init; }

    public required RouteMatch Match { get; init; }

    public required RouteAction Action { get; init; }

    public HeaderEdits RequestEdits { get; init; } = HeaderEdits.None;

    public HeaderEdits ResponseEdits { get; init; } = HeaderEdits.None;

    /// <summary>Filters configured for this route alone (typed_per_filter_config), by filter name.</summary>
    public IReadOnlyDictionary<string, object> FilterConfigs { get; init; } = EmptyConfigs;

    /// <summary>metadata.filter_metadata, for the access log and for tags of spans; null if there is none.</summary>
    public IDictionary<string, Struct>? Metadata { get; init; }

    public byte[] DecoratorOperation { get; init; } = [];

    private static readonly Dictionary<string, object> EmptyConfigs = [];
}

/// <summary>What a route does with a request.</summary>
internal abstract class RouteAction
{
}

/// <summary>Answers in the proxy (envoy.config.route.v3.DirectResponseAction).</summary>
internal sealed class DirectResponse : RouteAction
{
    public required int Status { get; init; }

    public byte[] Body { get; init; } = [];
}

/// <summary>Sends the client elsewhere (envoy.config.route.v3.RedirectAction).</summary>
internal sealed class Redirect : RouteAction
{
    public required int Status { get; init; }

    public byte[] Scheme { get; init; } = [];

    public byte[] Host { get; init; } = [];

    public int Port { get; init; }

    public byte[]? Path { get; init; }

    public byte[]? PrefixRewrite { get; init; }

    public RegexRewrite? RegexRewrite { get; init; }

    public bool StripQuery { get; init; }
}

/// <summary>Forwards to a cluster (envoy.config.route.v3.RouteAction).</summary>
internal sealed class Forward : RouteAction
{
    public required WeightedTarget[] Targets { get; init; }

    public required int TotalWeight { get; init; }

    /// <summary>Name of the header that names the cluster; empty if targets do.</summary>
    public byte[] ClusterHeader { get; init; } = [];

    public Func<string, ClusterState?>? FindCluster { get; init; }

    public int ClusterNotFoundStatus { get; init; } = 503;

    public byte[]? PrefixRewrite { get; init; }

    public RegexRewrite? RegexRewrite { get; init; }

    public byte[]? HostRewrite { get; init; }

    public byte[]? HostRewriteHeader { get; init; }

    public bool AutoHostRewrite { get; init; }

    /// <summary>Envoy's default is 15 s; 0: none.</summary>
    public long TimeoutMilliseconds { get; init; } = 15_000;

    /// <summary>max_grpc_timeout; 0: no cap, -1: grpc-timeout is not looked at.</summary>
    public long MaximumGrpcTimeoutMilliseconds { get; init; } = -1;

    /// <summary>max_stream_duration.grpc_timeout_header_max; 0: no cap, -1: grpc-timeout is not looked at.</summary>
    public long GrpcTimeoutHeaderMaximumMilliseconds { get; init; } = -1;

    /// <summary>max_stream_duration; 0: none, -1: the connection manager's.</summary>
    public long MaximumStreamMilliseconds { get; init; } = -1;

    /// <summary>-1: the connection manager's.</summary>
    public long IdleTimeoutMilliseconds { get; init; } = -1;

    /// <summary>priority HIGH: counts against the cluster's other circuit breakers.</summary>
    public bool IsHighPriority { get; init; }

    public RetryPolicy? Retry { get; init; }

    public HashPolicy[] HashPolicies { get; init; } = [];

    public MirrorPolicy[] Mirrors { get; init; } = [];

    /// <summary>Upgrade types of this route, lower case, with whether they are allowed.</summary>
    public IReadOnlyDictionary<string, bool> Upgrades { get; init; } = NoUpgrades;

    /// <summary>connect_config: CONNECT ends here, the host gets the tunnel's bytes alone.</summary>
    public bool EndsConnect { get; init; }

    private static readonly Dictionary<string, bool> NoUpgrades = [];
}

/// <summary>One of a route's clusters with its share.</summary>
internal sealed record WeightedTarget(ClusterState Cluster, int Weight)
{
    public HeaderEdits RequestEdits { get; init; } = HeaderEdits.None;

    public HeaderEdits ResponseEdits { get; init; } = HeaderEdits.None;

    public byte[]? HostRewrite { get; init; }
}

/// <summary>A rewrite by pattern; the substitution in .NET's syntax.</summary>
internal sealed record RegexRewrite(Regex Pattern, string Substitution);
