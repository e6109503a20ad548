using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>Istio's metrics of one TCP session: opened once, bytes as they grow, closed at the end.</summary>
internal struct TcpMeshStats
{
    private long _sent;
    private long _received;
    private bool _opened;

    /// <summary>Reports what has come since the last time; sent is what went to the client (Istio).</summary>
    public void Report(IstioStatsConfig config, StreamInfo session, ProxyWorker worker, bool isOver)
    {
        SeriesGroup group = MeshStreams.Series(config, session, worker);
        if (!_opened)
        {
            _opened = true;
            MeshStreams.Add(config, group, MeshMetrics.TcpOpened, 1, session, worker);
        }
        MeshStreams.Add(config, group, MeshMetrics.TcpSent, session.BodyBytesOut - _sent, session, worker);
        MeshStreams.Add(config, group, MeshMetrics.TcpReceived, session.BodyBytesIn - _received, session, worker);
        (_sent, _received) = (session.BodyBytesOut, session.BodyBytesIn);
        if (isOver)
        {
            MeshStreams.Add(config, group, MeshMetrics.TcpClosed, 1, session, worker);
        }
        if (group.Overflowed)
        {
            config.Registry.CountOverflow();
        }
    }
}
