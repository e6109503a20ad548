using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Http;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.AccessLog;

/// <summary>What is known of one request or TCP session, for the access log and the statistics.</summary>
/// <remarks>Times are milliseconds on the loop's clock, -1 while the event has not happened.</remarks>
internal abstract class StreamInfo
{
    public long StartWall { get; protected set; }

    public long Start { get; protected set; }

    public long LastDownstreamIn { get; protected set; } = -1;

    public long LastUpstreamOut { get; protected set; } = -1;

    public long FirstUpstreamIn { get; protected set; } = -1;

    public long End { get; protected set; } = -1;

    public ResponseFlags Flags { get; set; }

    /// <summary>RESPONSE_CODE_DETAILS, null while there is none.</summary>
    public string? Details { get; set; }

    public string? TransportFailure { get; set; }

    public string? TerminationDetails { get; set; }

    public int ResponseCode { get; protected set; }

    public long BodyBytesIn { get; protected set; }

    public long BodyBytesOut { get; protected set; }

    public ClusterState? Cluster { get; protected set; }

    public Host? Host { get; protected set; }

    public IpEndpoint UpstreamLocal { get; protected set; }

    public IpEndpoint DownstreamLocal { get; protected set; }

    /// <summary>The client after x-forwarded-for; <see cref="DownstreamDirect"/> is the socket's.</summary>
    public IpEndpoint DownstreamRemote { get; protected set; }

    public IpEndpoint DownstreamDirect { get; protected set; }

    public string? RouteName { get; protected set; }

    public string? FilterChainName { get; protected set; }

    public string? ServerName { get; protected set; }

    /// <summary>Null for a plain connection.</summary>
    public DownstreamTlsState? DownstreamTls { get; protected set; }

    /// <summary>Why the client's handshake failed; null otherwise.</summary>
    public string? DownstreamTransportFailure { get; init; }

    /// <summary>What the handshake with the host has settled; null without TLS.</summary>
    public TlsDetails? UpstreamTls { get; protected set; }

    /// <summary>The certificate that this proxy has for the upstream connection; null without TLS or without one.</summary>
    public PeerCertificate? UpstreamLocalCertificate { get; protected set; }

    public int Attempts { get; protected set; }

    public long ConnectionId { get; protected set; }

    public HttpProtocol DownstreamProtocol { get; protected set; }

    /// <summary>Of the last attempt that had a connection.</summary>
    public HttpProtocol UpstreamProtocol { get; protected set; }

    /// <summary>What filters have told of the stream (Envoy: dynamic metadata), null if nothing.</summary>
    public virtual StreamMetadata? Metadata => null;

    /// <summary>Metadata of the route, null if it has none.</summary>
    public virtual IDictionary<string, Struct>? RouteMetadata => null;

    /// <summary>The body of our own reply, empty for the upstream's.</summary>
    public virtual ReadOnlySpan<byte> LocalReplyBody => [];

    /// <summary>Who ended the connection or the stream first; <see cref="StreamEnd.None"/> when it ended as it should.</summary>
    public StreamEnd EndedBy { get; protected set; }

    /// <summary>Milliseconds without a byte before that.</summary>
    public long IdleBeforeEnd { get; protected set; }

    /// <summary>The limit that was exceeded, milliseconds; 0 if none was.</summary>
    public long ExceededLimit { get; protected set; }

    /// <summary>Who the client is; null while it has not said.</summary>
    public Workload? DownstreamPeer { get; set; }

    /// <summary>Who answered; null while it has not said.</summary>
    public Workload? UpstreamPeer { get; set; }

    /// <summary>The client sent x-envoy-peer-metadata and wants ours.</summary>
    public bool PeerSentMetadata { get; set; }

    public bool PeerSentId { get; set; }

    /// <summary>grpc-status of the response, -1 without one.</summary>
    public virtual int GrpcStatus => -1;

    /// <summary>Head and body as the client sent them.</summary>
    public long WireBytesIn => BodyBytesIn + (RequestHead?.ReceivedBytes ?? 0);

    /// <summary>Head and body as they went to the client.</summary>
    public long WireBytesOut => BodyBytesOut + (ResponseHead?.ForwardedBytes ?? 0);

    /// <summary>Null for TCP.</summary>
    public virtual MessageHead? RequestHead => null;

    public virtual MessageHead? ResponseHead => null;

    /// <summary>Null if there was never room for any; empty if there were none.</summary>
    public virtual MessageHead? ResponseTrailers => null;

    /// <summary>The request's path before a rewrite is in x-envoy-original-path; this is the one in force. Empty for TCP.</summary>
    public virtual ReadOnlySpan<byte> Authority => [];

    protected void ResetInfo()
    {
        (LastDownstreamIn, LastUpstreamOut, FirstUpstreamIn, End) = (-1, -1, -1, -1);
        (Flags, Details, TransportFailure, TerminationDetails, ResponseCode) = (ResponseFlags.None, null, null, null, 0);
        (BodyBytesIn, BodyBytesOut, Cluster, Host, RouteName, Attempts) = (0, 0, null, null, null, 0);
        (UpstreamTls, UpstreamLocalCertificate) = (null, null);
        (UpstreamLocal, DownstreamProtocol, UpstreamProtocol) = (default, HttpProtocol.None, HttpProtocol.None);
        (DownstreamPeer, UpstreamPeer, PeerSentMetadata, PeerSentId) = (null, null, false, false);
        (EndedBy, IdleBeforeEnd, ExceededLimit) = (StreamEnd.None, 0, 0);
    }
}
