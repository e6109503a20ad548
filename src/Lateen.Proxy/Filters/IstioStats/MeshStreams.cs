using Lateen.Net.Http1;
using Lateen.Net.Tls;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Expressions;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>Finds the series of a stream. A stream whose like was seen before on this thread costs one lookup and allocates nothing.</summary>
internal static class MeshStreams
{
    public static SeriesGroup Series(IstioStatsConfig config, StreamInfo info, ProxyWorker worker)
    {
        bool tcp = info.RequestHead is null;
        bool grpc = !tcp && Routing.RouteMatch.IsGrpc(info.RequestHead!.Get(HttpField.ContentType));
        TlsDetails? tls = config.IsDestination ? info.DownstreamTls?.Details : info.UpstreamTls;
        bool mutual = tls is { IsPeerVerified: true, Peer: not null };
        MeshService? service = Service(info);
        StreamKey key = new()
        {
            Peer = config.IsDestination ? info.DownstreamPeer : info.UpstreamPeer ?? info.Host?.Peer,
            Service = service,
            Host = service is null && config.UsesHostFallback ? worker.Telemetry.Text(info.Authority) : "",
            PeerPrincipal = mutual ? FirstName(tls!.Peer) : null,
            LocalPrincipal = mutual ? FirstName(config.IsDestination ? info.DownstreamTls!.Local : info.UpstreamLocalCertificate) : null,
            Custom = config.Expressions.Length == 0 ? "" : Custom(config, info, worker),
            Flags = info.Flags,
            Code = tcp ? 0 : info.ResponseCode,
            GrpcStatus = grpc ? info.GrpcStatus : -1,
            Protocol = tcp ? MeshProtocol.Tcp : grpc ? MeshProtocol.Grpc : MeshProtocol.Http,
            IsMutual = mutual,
        };
        return config.Caches[worker.Index].Get(key, config, worker.Loop.Now);
    }

    /// <summary>Adds to a metric of a stream, unless the metric's match says no.</summary>
    public static void Add(IstioStatsConfig config, SeriesGroup group, int metric, long value, StreamInfo info, ProxyWorker worker)
    {
        if (group[metric] is { } series && (config.Metrics[metric]!.Match is not { } match || match.IsTrue(info, worker)))
        {
            series.Add(worker.Index, value, worker.Loop.Now);
        }
    }

    private static string? FirstName(PeerCertificate? certificate) => certificate is { UriNames: [var first, ..] } ? first : null;

    // Istio names traffic for nobody in particular by what happens to it.
    private static MeshService? Service(StreamInfo info) => info.Cluster?.Config?.Service ?? info.RouteName switch
    {
        "block_all" => BlackHole,
        "allow_any" => Passthrough,
        _ => null,
    };

    private static readonly MeshService BlackHole = MeshService.Named("BlackHoleCluster");
    private static readonly MeshService Passthrough = MeshService.Named("PassthroughCluster");

    private static string Custom(IstioStatsConfig config, StreamInfo info, ProxyWorker worker)
    {
        LogWriter writer = new(worker.Loop.Scratch.AsSpan(0, 16 * 1024));
        foreach (Expression expression in config.Expressions)
        {
            expression.Write(ref writer, info, worker);
            writer.Put((byte)0);
        }
        return worker.Telemetry.Text(writer.Written);
    }
}
