using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>Requests for another protocol: upgrades (RFC 9110 7.8), CONNECT (9.3.6), and extended CONNECT, which is an upgrade here (RFC 8441).</summary>
internal sealed partial class HttpExchange
{
    private bool _tunnelOpen;
    private bool _keyMade;

    /// <summary>An upgrade or CONNECT was asked for and is allowed: the body is the other protocol's bytes.</summary>
    public bool IsUpgrade { get; private set; }

    /// <summary>The tunnel is CONNECT's: any status 2xx opens it.</summary>
    public bool IsConnect { get; private set; }

    /// <summary>The server has agreed: bytes pass as they are.</summary>
    public bool IsTunnelOpen => _tunnelOpen;

    /// <summary>Body bytes can go somewhere now; false while a tunnel waits to be opened.</summary>
    public bool CanTakeBody => !IsUpgrade || _tunnelOpen;

    /// <summary>A CONNECT request of the proxy's own, for a connection that is not HTTP; its head is in <see cref="Request"/>.</summary>
    public void BeginTunnelCall(ClusterState cluster)
    {
        Count();
        (IsUpgrade, IsConnect) = (true, true);
        (Cluster, _clusterConfig) = (cluster, cluster.Config);
        ArmLimits();
        StartAttempt();
    }

    private bool CheckUpgrade()
    {
        if (Request.IsConnectMethod)
        {
            if (!AllowsUpgrade(Request.Method))
            {
                return RefuseUpgrade();
            }
            (IsUpgrade, IsConnect) = (true, true);
            _stats.Add(HttpStat.DownstreamCxUpgradesTotal);
            return true;
        }
        if (!Request.HasUpgrade)
        {
            Request.Remove(HttpField.Upgrade);
            return true;
        }
        ReadOnlySpan<byte> type = Request.Get(HttpField.Upgrade);
        if (HttpSyntax.EqualsIgnoreCase(type, "h2c"u8))
        {
            // Dropped in silence, as RFC 9110 7.8 lets a server ignore an upgrade.
            Request.Remove(HttpField.Upgrade);
            Request.Remove(HttpField.Http2Settings);
            return true;
        }
        if (!AllowsUpgrade(type))
        {
            _stats.Add(HttpStat.DownstreamRqWsOnNonWsRoute);
            return RefuseUpgrade();
        }
        IsUpgrade = true;
        _stats.Add(HttpStat.DownstreamCxUpgradesTotal);
        return true;
    }

    private bool RefuseUpgrade()
    {
        CloseDownstream = true;
        Reply(403, [], ResponseFlags.None, "upgrade_failed");
        return false;
    }

    private bool AllowsUpgrade(ReadOnlySpan<byte> type)
    {
        if (_route?.Action is Forward forward)
        {
            foreach ((string name, bool enabled) in forward.Upgrades)
            {
                if (System.Text.Ascii.EqualsIgnoreCase(type, name))
                {
                    return enabled;
                }
            }
        }
        foreach (string name in _manager.UpgradeTypes)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(type, name))
            {
                return true;
            }
        }
        return false;
    }

    // The route ends CONNECT here: the host gets the bytes alone.
    private bool EndsConnect => IsConnect && _route?.Action is Forward { EndsConnect: true };

    // What one version of HTTP needs of a WebSocket handshake and the other does not have.
    private void PrepareTunnel(IUpstreamStream upstream)
    {
        if (!IsConnect && upstream.Protocol == HttpProtocol.Http11 && DownstreamProtocol == HttpProtocol.Http2)
        {
            _keyMade |= WebSocketKeys.AddKey(Request, _worker.Random);
        }
    }

    private bool OpensTunnel(int status, bool endStream) =>
        IsUpgrade && !endStream && (IsConnect ? status is >= 200 and < 300 : status == 101);

    private void BeginTunnel()
    {
        _tunnelOpen = true;
        if (IsConnect)
        {
            // RFC 9110 9.3.6: an answer that opens a tunnel has no body to delimit.
            Response.Remove(HttpField.ContentLength);
        }
        else if (_keyMade)
        {
            WebSocketKeys.RemoveAccept(Response);
        }
        else if (UpstreamProtocol == HttpProtocol.Http2 && DownstreamProtocol != HttpProtocol.Http2)
        {
            WebSocketKeys.AddAccept(Request, Response);
        }
        _downstream?.BeginTunnel();
    }

    // What the client has said before it could pass.
    private void ContinueTunnel()
    {
        if (_upstream is { } upstream && (_bodyLength > 0 || _requestComplete))
        {
            upstream.SendData(_body.AsSpan(0, _bodyLength), _requestComplete);
            _bodyLength = 0;
        }
        _downstream?.ResumeReading();
    }

    private void ResetTunnel() => (IsUpgrade, IsConnect, _tunnelOpen, _keyMade) = (false, false, false, false);
}
