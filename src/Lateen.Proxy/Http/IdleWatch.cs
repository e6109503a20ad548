using Lateen.Net.Sockets;

namespace Lateen.Proxy.Http;

/// <summary>Since when a client's connection has had no request (common_http_protocol_options.idle_timeout).</summary>
/// <remarks>The timer is armed once and looked at when it fires: a request only notes the time. Other limits may ask for the same timer earlier.</remarks>
/// <param name="loop">The connection's.</param>
/// <param name="timer">The connection's.</param>
/// <param name="limitMilliseconds">0: none.</param>
internal struct IdleWatch(EventLoop loop, LoopTimer timer, long limitMilliseconds)
{
    private long _activeAt = loop.Now;

    /// <summary>Something has happened just now.</summary>
    public void Touch() => _activeAt = loop.Now;

    /// <summary>Arms the timer for the moment the limit would be reached.</summary>
    public readonly void Arm()
    {
        if (limitMilliseconds > 0)
        {
            loop.ArmTimer(timer, _activeAt + limitMilliseconds - loop.Now);
        }
    }

    /// <summary>The timer has fired. True: the connection has been idle for too long; else the timer is armed again.</summary>
    public bool IsOver(bool isBusy)
    {
        if (isBusy)
        {
            Touch();
        }
        else if (limitMilliseconds > 0 && loop.Now - _activeAt >= limitMilliseconds)
        {
            return true;
        }
        Arm();
        return false;
    }
}
