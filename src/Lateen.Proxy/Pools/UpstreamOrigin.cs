using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Listeners;

namespace Lateen.Proxy.Pools;

/// <summary>What a connection to a host takes over from the client's: requests may share it only if all of this is equal. The default value: nothing.</summary>
internal readonly record struct UpstreamOrigin
{
    /// <summary>The client, for a PROXY header.</summary>
    public IpEndpoint Source { get; init; }

    /// <summary>Where the client wanted to go, for a PROXY header.</summary>
    public IpEndpoint Destination { get; init; }

    /// <summary>Records of the client's PROXY header that are passed on.</summary>
    public ProxyRecords? Records { get; init; }

    /// <summary>The client's address, to connect from (original_src).</summary>
    public IpEndpoint From { get; init; }

    public uint Mark { get; init; }

    /// <summary>SNI that the request tells (auto_sni); null: the cluster's.</summary>
    public string? ServerName { get; init; }

    /// <summary>The certificate must be for <see cref="ServerName"/> (auto_san_validation).</summary>
    public bool ChecksServerName { get; init; }

    public bool IsDefault => !Source.IsValid && !From.IsValid && Mark == 0 && ServerName is null;

    /// <summary>No other client's connection can have the same.</summary>
    public bool IsOfOneClient => Source.IsValid || From.Port != 0;

    /// <summary>What a connection to the host is to take over.</summary>
    public static UpstreamOrigin Of(DownstreamConnection client, ClusterConfig cluster, Host host)
    {
        UpstreamOrigin origin = client.OriginalSource is { } kept
            ? new UpstreamOrigin { From = kept.KeepsPort ? client.Remote : client.Remote.WithPort(0), Mark = kept.Mark }
            : default;
        if (!cluster.TellsClients || cluster.TransportOf(host.Config)?.ProxyHeader is not { } header)
        {
            return origin;
        }
        return origin with
        {
            Source = client.Remote,
            Destination = client.Local,
            Records = header.Records is { } types && client.ProxyRecords is { } records ? ProxyRecords.Select(records.Bytes, types.Includes) : null,
        };
    }

    /// <summary>Where to connect from.</summary>
    public ConnectSource ConnectFrom(ClusterConfig cluster) => From.IsValid
        ? new ConnectSource(From, IsTransparent: true, Mark)
        : new ConnectSource(cluster.SourceAddress);
}

/// <summary>What all connections of one pool have in common beside their host; compared in full.</summary>
internal readonly record struct PoolKey(bool IsHttp2, bool IsHighPriority, UpstreamOrigin Origin)
{
    /// <summary>Connections without HTTP, for CONNECT requests that end here.</summary>
    public bool IsRaw { get; init; }

    /// <summary>One of the two pools that nearly all requests use.</summary>
    public bool IsPlain => !IsHighPriority && !IsRaw && Origin.IsDefault;
}
