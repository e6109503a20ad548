using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>From the head to the cluster.</summary>
internal sealed partial class HttpExchange
{
    private Route? _route;
    private VirtualHost? _virtualHost;
    private RouteTable? _table;
    private WeightedTarget? _target;
    private ClusterConfig? _clusterConfig;
    private bool _redirectsToTls;

    /// <summary>The weighted target that was drawn, for its header edits.</summary>
    public WeightedTarget? Target => _target;

    /// <summary>The request as matchers see it; valid until the next edit of the head.</summary>
    public RouteQuery Query()
    {
        ReadOnlySpan<byte> target = Request.Target;
        int mark = target.IndexOf((byte)'?');
        return new RouteQuery
        {
            Head = Request,
            Path = mark < 0 ? target : target[..mark],
            Query = mark < 0 ? [] : target[(mark + 1)..],
            Scheme = DownstreamTls is null ? "http"u8 : "https"u8,
        };
    }

    private bool Prepare()
    {
        if (Request.IsHttp10 && !_manager.AcceptHttp10)
        {
            CloseDownstream = true;
            Reply(426, "Upgrade Required"u8, ResponseFlags.DPE, "low_version");
            return false;
        }
        PrepareResult result = RequestPreparation.Prepare(Request, _manager, this, _worker);
        if (result.Status != 0)
        {
            CloseDownstream |= result.Close;
            if (result.Location is { } location)
            {
                ReplyRedirect(result.Status, location, result.Details);
                return false;
            }
            Reply(result.Status, result.Body, result.Flags, result.Details);
            return false;
        }
        DownstreamRemote = result.Remote;
        IsGrpc = RouteMatch.IsGrpc(Request.Get(HttpField.ContentType));
        if (Request.ExpectsContinue && !_manager.Proxy100Continue && !_requestComplete)
        {
            _downstream!.SendContinue();
        }
        if (!_manager.Proxy100Continue)
        {
            Request.Remove(HttpField.Expect);
        }
        return true;
    }

    // What is found, or not, is answered by Dispatch: filters come first, so that who may not call at all does not learn which routes there are.
    private void SelectRoute()
    {
        // Read once: this request keeps the table to its end, whatever arrives meanwhile.
        _table = _manager.Routes.Table;
        if (_table is null)
        {
            return;
        }
        _route = _table.FindRoute(Query(), _worker.Random, out _virtualHost);
        if (_virtualHost is { RequireTls: not TlsRequirement.None } && IsPlainAgainst(_virtualHost.RequireTls))
        {
            // Envoy puts a route of its own in the place of the one that matches: no filter sees the latter's configuration.
            (_route, _redirectsToTls) = (null, true);
        }
        if (_route?.Action is Forward forward)
        {
            SelectCluster(forward);
        }
    }

    // Envoy goes by x-forwarded-proto, so that a TLS-ending balancer in front is believed where its hops are trusted.
    private bool IsPlainAgainst(TlsRequirement required) => !Request.Get(HttpField.XForwardedProto).SequenceEqual("https"u8)
        && (required == TlsRequirement.All || !Request.Get(HttpField.XEnvoyInternal).SequenceEqual("true"u8));

    private void SelectCluster(Forward forward)
    {
        if (forward.ClusterHeader.Length > 0)
        {
            if (Request.TryGet(forward.ClusterHeader, out ReadOnlySpan<byte> name))
            {
                Cluster = forward.FindCluster!(Encoding.UTF8.GetString(name));
            }
        }
        else
        {
            _target = forward.Targets[0];
            if (forward.Targets.Length > 1)
            {
                int at = _worker.Random.Below(forward.TotalWeight);
                int i = 0;
                while (at >= forward.Targets[i].Weight)
                {
                    at -= forward.Targets[i++].Weight;
                }
                _target = forward.Targets[i];
            }
            Cluster = _target.Cluster;
        }
        _clusterConfig = Cluster?.Config;
        if (_clusterConfig is null)
        {
            Cluster = null;
        }
    }

    // The filters have let the request through: the router's work (Envoy: router filter).
    private void Dispatch()
    {
        if (_route is null)
        {
            DispatchWithoutRoute();
            return;
        }
        switch (_route.Action)
        {
            case DirectResponse direct:
                _stats.Add(HttpStat.RqDirectResponse);
                RouteName = _route.Name;
                Reply(direct.Status, direct.Body, ResponseFlags.None, "direct_response");
                break;
            case Redirect redirect:
                _stats.Add(HttpStat.RqRedirect);
                RouteName = _route.Name;
                ReplyRedirect(redirect.Status, RouteRewrite.Location(redirect, _route.Match, Request), "direct_response");
                break;
            case Forward forward:
                RouteName = _route.Name;
                if (_clusterConfig is null)
                {
                    _stats.Add(HttpStat.NoCluster);
                    Reply(forward.ClusterNotFoundStatus, [], ResponseFlags.NC, "cluster_not_found");
                    return;
                }
                PrepareUpstream(forward);
                if (forward.HashPolicies.Length > 0)
                {
                    _hash = HashPolicy.Compute(forward.HashPolicies, this, ref _hashCookie);
                }
                if (forward.Mirrors.Length > 0 && !IsUpgrade)
                {
                    StartMirrors(forward);
                }
                StartAttempt();
                break;
        }
    }

    private void DispatchWithoutRoute()
    {
        if (_redirectsToTls)
        {
            _stats.Add(HttpStat.RqRedirect);
            ReplyRedirect(301, [.. "https://"u8, .. Request.Get(HttpField.Host), .. Request.Target], "direct_response");
            return;
        }
        _stats.Add(HttpStat.NoRoute);
        Reply(404, [], ResponseFlags.NR, _table is null ? "route_configuration_not_found" : "route_not_found");
    }

    private void PrepareUpstream(Forward forward)
    {
        _limits = AttemptLimits.Take(forward, Request, IsGrpc);
        long expected = _limits.PerTry > 0 ? _limits.PerTry : _limits.Timeout;
        if (expected > 0 && !_manager.SuppressEnvoyHeaders)
        {
            Request.Set(HttpField.XEnvoyExpectedRqTimeoutMs, expected);
        }
        // Envoy: route, virtual host, global; the later overrides the earlier.
        _target?.RequestEdits.Apply(Request, this, _worker);
        _route!.RequestEdits.Apply(Request, this, _worker);
        _virtualHost!.RequestEdits.Apply(Request, this, _worker);
        _table!.RequestEdits.Apply(Request, this, _worker);
        RouteRewrite.Apply(forward, _target, _route.Match, Request);
    }

    private void ApplyResponseEdits()
    {
        if (_route is null)
        {
            return;
        }
        _target?.ResponseEdits.Apply(Response, this, _worker);
        _route.ResponseEdits.Apply(Response, this, _worker);
        _virtualHost!.ResponseEdits.Apply(Response, this, _worker);
        _table!.ResponseEdits.Apply(Response, this, _worker);
    }

    private void ResetRoute() =>
        (_route, _virtualHost, _table, _target, _clusterConfig, _redirectsToTls) = (null, null, null, null, null, false);
}
