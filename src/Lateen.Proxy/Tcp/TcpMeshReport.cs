using Lateen.Net.Sockets;
using Lateen.Proxy.Filters.IstioStats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Tcp;

/// <summary>Istio's metrics of one TCP session: opened once, bytes as they grow, closed at the end.</summary>
/// <remarks>Istio's stats filter: nothing is reported before it is known who the peer is, or that it will not say, or the session is over.</remarks>
internal sealed class TcpMeshReport(TcpSession session, IstioStatsConfig config, ProxyWorker worker) : LoopTimer
{
    private long _sent;
    private long _received;
    private bool _opened;

    /// <summary>Reports what has come since the last time, and again after the interval.</summary>
    public void Report()
    {
        if (!session.AwaitsHello(ofClient: config.IsDestination))
        {
            Report(isOver: false);
        }
        worker.Loop.ArmTimer(this, config.TcpReportMilliseconds);
    }

    /// <summary>The session is over.</summary>
    public void Finish()
    {
        worker.Loop.Timers.Cancel(this);
        Report(isOver: true);
    }

    public override void OnTimer() => Report();

    // Sent is what went to the client (Istio).
    private void Report(bool isOver)
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
