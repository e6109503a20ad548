using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Filters;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>What goes back of the upstream's; and the time limits.</summary>
internal sealed partial class HttpExchange
{
    private bool _responseStarted;

    private void SendUpstreamHead(bool endStream)
    {
        Details = "via_upstream";
        // RFC 9110 7.6.1: what concerns one hop stays there; the downstream connection writes its own.
        Response.Remove(HttpField.Connection);
        Response.Remove(HttpField.KeepAlive);
        Response.Remove(HttpField.ProxyConnection);
        Response.Remove(HttpField.TransferEncoding);
        if (Response.Status != 101)
        {
            Response.Remove(HttpField.Upgrade);
        }
        if (_requestComplete && !_manager.SuppressEnvoyHeaders)
        {
            Response.Set(HttpField.XEnvoyUpstreamServiceTime, _worker.Loop.Now - LastDownstreamIn);
        }
        SendHead(endStream);
    }

    private void SendHead(bool endStream)
    {
        _responseStarted = true;
        ResponseCode = Response.Status;
        ApplyResponseEdits();
        if (_hashCookie is { } cookie)
        {
            Response.Add("set-cookie"u8, cookie);
        }
        if (_virtualHost is { IncludeAttemptCountInResponse: true })
        {
            Response.Set(HttpField.XEnvoyAttemptCount, Attempts);
        }
        HttpFilterFactory[] filters = _manager.Filters;
        for (int i = Math.Min(_filter, filters.Length) - 1; i >= 0; i--)
        {
            filters[i].OnResponse(this);
        }
        if (!Response.Has(HttpField.Date))
        {
            Response.Add(HttpField.Date, _worker.Date);
        }
        if (_manager.ServerHeader == ServerHeader.Overwrite
            || (_manager.ServerHeader == ServerHeader.AppendIfAbsent && !Response.Has(HttpField.Server)))
        {
            Response.Set(HttpField.Server, _manager.ServerName);
        }
        if (_manager.Via.Length > 0)
        {
            Response.Add("via"u8, _manager.Via);
        }
        if (_manager.AlwaysSetRequestIdInResponse)
        {
            Response.Set(HttpField.XRequestId, Request.Get(HttpField.XRequestId));
        }
        _downstream?.SendHead(this, endStream);
    }

    private void CompleteResponse()
    {
        if (!_requestComplete)
        {
            CloseDownstream = true;
        }
        DetachUpstream();
        Finish();
    }

    // The response has begun and cannot be completed.
    private void ResetDownstream()
    {
        DetachUpstream();
        IDownstreamStream? downstream = _downstream;
        _downstream = null;
        _stats.Add(HttpStat.DownstreamRqTxReset);
        downstream?.ResetStream();
        Finish();
    }

    private void ReplyFailure(UpstreamFailure failure, string? transport)
    {
        _worker.Loop.Timers.Cancel(_requestTimer);
        int status = failure == UpstreamFailure.ProtocolError ? 502 : 503;
        Flags |= failure.Flag();
        Span<byte> text = _worker.Loop.Scratch;
        int n = 0;
        Put(text, ref n, "upstream connect error or disconnect/reset before headers. ");
        if (Attempts > 1)
        {
            Put(text, ref n, "retried and the latest ");
        }
        Put(text, ref n, "reset reason: ");
        Put(text, ref n, failure.Text());
        if (transport is not null)
        {
            Put(text, ref n, ", transport failure reason: ");
            Put(text, ref n, transport);
        }
        Reply(status, text[..n], ResponseFlags.None, FailureDetails("upstream_reset_before_response_started", failure, transport));
    }

    private static void Put(Span<byte> destination, ref int at, string text) => at += Encoding.UTF8.GetBytes(text, destination[at..]);

    private static string FailureDetails(string kind, UpstreamFailure failure, string? transport)
    {
        string reason = transport is null ? failure.Text() : $"{failure.Text()},{transport}";
        return $"{kind}{{{reason.Replace(' ', '_')}}}";
    }

    private void ArmRequestTimer()
    {
        if (_limits.Timeout > 0 && _requestComplete && !_requestTimer.IsArmed && !_finished && !IsUpgrade)
        {
            _worker.Loop.ArmTimer(_requestTimer, _limits.Timeout);
        }
    }

    private void ArmTryTimer()
    {
        if (_limits.PerTry > 0 && _upstream is not null && !IsUpgrade)
        {
            _worker.Loop.ArmTimer(_tryTimer, _limits.PerTry);
        }
    }

    private void OnRequestTimeout()
    {
        if (_clusterWorker is not null)
        {
            _clusterWorker.Stats.Add(ClusterStat.UpstreamRqTimeout);
        }
        if (_pool is not null)
        {
            _pool.Counts.RqTimeout++;
            if (!_responseStarted)
            {
                ReportTimeout(); // Who has answered counts by the answer.
            }
        }
        ExceededLimit = _limits.Timeout;
        if (_responseStarted)
        {
            Flags |= ResponseFlags.UT;
            Details = "response_timeout";
            ResetDownstream();
            return;
        }
        DetachUpstream();
        UncountRetry(success: false);
        if (_limits.AnswersTimeoutBy204)
        {
            Reply(204, [], ResponseFlags.UT, "response_timeout");
            return;
        }
        Reply(504, "upstream request timeout"u8, ResponseFlags.UT, "response_timeout");
    }

    private void OnTryTimeout()
    {
        _clusterWorker!.Stats.Add(ClusterStat.UpstreamRqPerTryTimeout);
        _pool!.Counts.RqTimeout++;
        ReportTimeout();
        DetachUpstream();
        if (MayRetryTimeout && TryRetry())
        {
            _isTimeoutRetry = true;
            return;
        }
        UncountRetry(success: false);
        ExceededLimit = _limits.PerTry;
        Reply(504, "upstream request timeout"u8, ResponseFlags.UT, "upstream_per_try_timeout");
    }
}
