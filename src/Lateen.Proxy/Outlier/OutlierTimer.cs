using Lateen.Net.Sockets;

namespace Lateen.Proxy.Outlier;

/// <summary>Ends a detector's intervals, on the first loop; begins when the cluster is first used and ends when another detector takes its place.</summary>
internal sealed class OutlierTimer(EventLoop loop, OutlierDetector detector, Func<bool> isCurrent) : LoopTimer
{
    public void Start() => loop.ArmTimer(this, detector.Config.IntervalMilliseconds);

    public override void OnTimer()
    {
        if (isCurrent())
        {
            detector.Tick();
            Start();
        }
    }
}
