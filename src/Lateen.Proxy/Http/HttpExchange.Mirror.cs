using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http.Mirror;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Http;

/// <summary>Mirroring (Envoy: request_mirror_policies): the original sends its copies along, and never waits for them.</summary>
internal sealed partial class HttpExchange
{
    private MirrorStream? _mirrors;

    private void StartMirrors(Forward forward)
    {
        foreach (MirrorPolicy mirror in forward.Mirrors)
        {
            ClusterState? cluster = mirror.Cluster;
            if (cluster is null && Request.TryGet(mirror.ClusterHeader, out ReadOnlySpan<byte> name))
            {
                cluster = forward.FindCluster!(Encoding.UTF8.GetString(name));
            }
            if (cluster?.Config is not null && _worker.Random.Chance(mirror.Numerator, mirror.Denominator))
            {
                MirrorStream stream = new(
                    _worker.MirrorManager, _worker.MirrorManager.Stats.For(_worker.Index), _downstream!.Connection, DownstreamProtocol,
                    cluster.Config.BufferLimit)
                {
                    Next = _mirrors,
                };
                _mirrors = stream;
                HttpExchange copy = _worker.TakeExchange();
                stream.Begin(copy);
                copy.BeginMirror(this, cluster, forward);
            }
        }
    }

    private void BeginMirror(HttpExchange original, ClusterState cluster, Forward forward)
    {
        Count();
        Request.CopyFrom(original.Request);
        (_route, _virtualHost, _table, _target) = (original._route, original._virtualHost, original._table, original._target);
        (Cluster, _clusterConfig, _requestComplete, IsGrpc) = (cluster, cluster.Config, original._requestComplete, original.IsGrpc);
        IsHeadRequest = original.IsHeadRequest;
        _limits.Timeout = forward.TimeoutMilliseconds;
        SetShadowHost();
        StartAttempt();
    }

    // Envoy, shadow writer: the authority says that this is a copy, before its port.
    private void SetShadowHost()
    {
        ReadOnlySpan<byte> host = Request.Get(HttpField.Host);
        int name = RouteTable.CutPort(host).Length;
        Span<byte> shadow = stackalloc byte[host.Length + 7];
        host[..name].CopyTo(shadow);
        "-shadow"u8.CopyTo(shadow[name..]);
        host[name..].CopyTo(shadow[(name + 7)..]);
        Request.Set(HttpField.Host, shadow);
    }

    private void MirrorData(ReadOnlySpan<byte> data, bool endStream)
    {
        for (MirrorStream? mirror = _mirrors; mirror is not null; mirror = mirror.Next)
        {
            mirror.OnRequestData(data, endStream);
        }
    }

    private void EndMirrors()
    {
        if (_mirrors is not null && !_requestComplete)
        {
            for (MirrorStream? mirror = _mirrors; mirror is not null; mirror = mirror.Next)
            {
                mirror.Abandon();
            }
        }
        _mirrors = null;
    }
}
