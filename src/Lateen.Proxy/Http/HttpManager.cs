using System.Collections.Frozen;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Filters;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Http;

/// <summary>What is done with the server field of responses (HttpConnectionManager.server_header_transformation).</summary>
internal enum ServerHeader
{
    Overwrite,
    AppendIfAbsent,
    PassThrough,
}

/// <summary>What is done with %2F and %5C in paths.</summary>
internal enum EscapedSlashes
{
    Keep,
    Reject,
    UnescapeAndRedirect,
    UnescapeAndForward,
}

/// <summary>Which port of a request's host is cut off: none, the listener's own, or any.</summary>
internal enum StripHostPort
{
    None,
    Matching,
    Any,
}

/// <summary>
/// An HTTP connection manager, compiled from envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager. Immutable but for
/// <see cref="IsRetired"/>.
/// </summary>
internal sealed class HttpManager
{
    public required string StatPrefix { get; init; }

    public required StatScope Stats { get; init; }

    /// <summary>Routes by RDS or inline.</summary>
    public required RouteState Routes { get; init; }

    public required HttpFilterFactory[] Filters
    {
        get;
        init
        {
            field = value;
            CompletionWatchers = [.. value.Where(f => f.WatchesCompletion)];
        }
    }

    /// <summary>The filters that are told when a request is over.</summary>
    public HttpFilterFactory[] CompletionWatchers { get; private init; } = [];

    public AccessLogConfig[] AccessLogs { get; init; } = [];

    /// <summary>Null: our own answers go out as they are.</summary>
    public LocalReplies? LocalReplies { get; init; }

    public byte[] ServerName { get; init; } = "envoy"u8.ToArray();

    public ServerHeader ServerHeader { get; init; }

    public HeadLimits HeadLimits { get; init; } = HeadLimits.Request;

    public bool UseRemoteAddress { get; init; }

    public uint TrustedHops { get; init; }

    public bool SkipXffAppend { get; init; }

    public bool GenerateRequestId { get; init; } = true;

    public bool PreserveExternalRequestId { get; init; }

    public bool AlwaysSetRequestIdInResponse { get; init; }

    public CodecChoice Codec { get; init; }

    /// <summary>What an HTTP/2 client is granted.</summary>
    public Http2Limits Http2 { get; init; } = Http2Limits.Default;

    public bool AcceptHttp10 { get; init; }

    /// <summary>Trailer fields are carried over HTTP/1 (Http1ProtocolOptions.enable_trailers); over HTTP/2 they always are.</summary>
    public bool EnableTrailers { get; init; }

    /// <summary>A client's connection older than this ends with its next answer (max_connection_duration); 0: it may live for ever.</summary>
    public long MaximumConnectionMilliseconds { get; init; }

    public bool NormalizePath { get; init; }

    public bool MergeSlashes { get; init; }

    /// <summary>Which ports of a request's host are cut off before anything looks at it (strip_matching_host_port, strip_any_host_port).</summary>
    public StripHostPort StripHostPort { get; init; }

    public EscapedSlashes EscapedSlashes { get; init; }

    /// <summary>What is done with x-forwarded-client-cert.</summary>
    public ForwardClientCert ForwardClientCert { get; init; }

    public ClientCertDetails ClientCertDetails { get; init; }

    /// <summary>ALPN in wire form that upstream connections offer in place of their cluster's, by the version they speak (the istio.alpn filter).</summary>
    public IReadOnlyDictionary<HttpProtocol, byte[]> UpstreamProtocols { get; init; } = FrozenDictionary<HttpProtocol, byte[]>.Empty;

    public bool SuppressEnvoyHeaders { get; init; }

    public bool Proxy100Continue { get; init; }

    public byte[] Via { get; init; } = [];

    /// <summary>Upgrade types in lower case that are tunnelled.</summary>
    public string[] UpgradeTypes { get; init; } = [];

    /// <summary>Between requests; Envoy's default is one hour. 0: none.</summary>
    public long IdleTimeoutMilliseconds { get; init; } = 3_600_000;

    /// <summary>Of a stream without any byte; Envoy's default is five minutes. 0: none.</summary>
    public long StreamIdleTimeoutMilliseconds { get; init; } = 300_000;

    /// <summary>From the head to the end of the request; 0: none.</summary>
    public long RequestTimeoutMilliseconds { get; init; }

    /// <summary>From the first byte of a head to its last; 0: none. Envoy has none by default: a client that sends a byte an hour would hold a connection for ever.</summary>
    public long RequestHeadersTimeoutMilliseconds { get; init; } = 60_000;

    /// <summary>Of a whole stream (common_http_protocol_options.max_stream_duration); 0: none.</summary>
    public long MaximumStreamMilliseconds { get; init; }

    public byte[]? ProtocolsTo(HttpProtocol upstream) => UpstreamProtocols.GetValueOrDefault(upstream);

    /// <summary>The connection is older than <see cref="MaximumConnectionMilliseconds"/> on the loop's clock.</summary>
    public bool HasOutlived(Listeners.DownstreamConnection connection, long now) =>
        MaximumConnectionMilliseconds > 0 && now - connection.AcceptedAt >= MaximumConnectionMilliseconds;

    /// <summary>The listener was replaced: connections end with their next answer, which the manager in this one's place gives (<see cref="Listeners.ListenerRuntime.ManagerFor"/>).</summary>
    public volatile bool IsRetired;
}
