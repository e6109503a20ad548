using Lateen.Proxy.Http;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>Istio's request metrics, written when a request is over, however it ended.</summary>
internal sealed class IstioStatsFilter(IstioStatsConfig config) : HttpFilterFactory
{
    public override bool WatchesCompletion => true;

    public override FilterVerdict OnRequest(HttpExchange exchange) => FilterVerdict.Continue;

    public override void OnComplete(HttpExchange exchange)
    {
        ProxyWorker worker = exchange.Worker;
        SeriesGroup group = MeshStreams.Series(config, exchange, worker);
        MeshStreams.Add(config, group, MeshMetrics.Requests, 1, exchange, worker);
        MeshStreams.Add(config, group, MeshMetrics.Duration, exchange.End - exchange.Start, exchange, worker);
        MeshStreams.Add(config, group, MeshMetrics.RequestBytes, exchange.WireBytesIn, exchange, worker);
        MeshStreams.Add(config, group, MeshMetrics.ResponseBytes, exchange.WireBytesOut, exchange, worker);
        if (exchange.IsGrpc)
        {
            MeshStreams.Add(config, group, MeshMetrics.RequestMessages, exchange.RequestMessages, exchange, worker);
            MeshStreams.Add(config, group, MeshMetrics.ResponseMessages, exchange.ResponseMessages, exchange, worker);
        }
        if (group.Overflowed)
        {
            config.Registry.CountOverflow();
        }
    }
}
