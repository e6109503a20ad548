using System.Buffers.Text;
using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Filters;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Tracing;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>One request with its response: from the parsed head through filters, route and upstream to the access log.</summary>
/// <remarks>
/// Objects are pooled per thread and keep their buffers; the steady state allocates nothing. The parts: this file holds the downstream side and the
/// life cycle, <c>.Route.cs</c> the way to a cluster, <c>.Connection.cs</c> and <c>.Upstream.cs</c> the attempts, <c>.Retry.cs</c> whether there is another,
/// <c>.Reply.cs</c> what goes back of the upstream's, <c>.LocalReply.cs</c> what goes back of our own.
/// </remarks>
internal sealed partial class HttpExchange : StreamInfo
{
    private readonly ProxyWorker _worker;
    private readonly ExchangeTimer _requestTimer;
    private readonly ExchangeTimer _tryTimer;
    private readonly ExchangeTimer _waitTimer;
    private readonly ExchangeTimer _tryIdleTimer;
    private IDownstreamStream? _downstream;
    private HttpManager _manager = null!;
    private StatBlock _stats = null!;
    private MessageHead? _requestTrailers;
    private MessageHead? _responseTrailers;
    private bool _hasRequestTrailers;
    private TraceContext _trace;
    private GrpcFrames _requestFrames;
    private GrpcFrames _responseFrames;
    private int _filter;
    private bool _requestComplete;
    private bool _finished;
    private bool _waiting;

    public HttpExchange(ProxyWorker worker)
    {
        _worker = worker;
        _requestTimer = new ExchangeTimer(this, TimerKind.Request);
        _tryTimer = new ExchangeTimer(this, TimerKind.Try);
        _waitTimer = new ExchangeTimer(this, TimerKind.Wait);
        _tryIdleTimer = new ExchangeTimer(this, TimerKind.TryIdle);
    }

    private enum TimerKind
    {
        Request,
        Try,
        Wait,
        TryIdle,
    }

    public MessageHead Request { get; } = new();

    public MessageHead Response { get; } = new();

    /// <summary>Fields behind the request's body; empty without any.</summary>
    public MessageHead RequestTrailers => _requestTrailers ??= new MessageHead();

    /// <summary>Fields behind the response's body; empty without any.</summary>
    public MessageHead ResponseTrailersHead => _responseTrailers ??= new MessageHead();

    public override MessageHead? ResponseTrailers => _responseTrailers;

    public override MessageHead RequestHead => Request;

    public override MessageHead? ResponseHead => _responseStarted ? Response : null;

    public override ReadOnlySpan<byte> Authority => Request.Get(HttpField.Host);

    /// <summary>Where in a trace this request is; the tracing filter writes it.</summary>
    public ref TraceContext Trace => ref _trace;

    /// <summary>The operation's name as the client's side told it, null otherwise.</summary>
    public string? SpanName { get; set; }

    public override IDictionary<string, Struct>? RouteMetadata => _route?.Metadata;

    public override ReadOnlySpan<byte> LocalReplyBody => _replied ? _replyBody : [];

    /// <summary>Messages of a gRPC request and its response.</summary>
    public long RequestMessages => _requestFrames.Messages;

    public long ResponseMessages => _responseFrames.Messages;

    /// <summary>In trailers, or in the head of an answer that is nothing else (gRPC over HTTP/2, "Trailers-Only").</summary>
    public override int GrpcStatus => TryGrpcStatus(_responseTrailers, out int status) || TryGrpcStatus(ResponseHead, out status) ? status : -1;

    public HttpManager Manager => _manager;

    public ProxyWorker Worker => _worker;

    public Route? Route => _route;

    public VirtualHost? VirtualHost => _virtualHost;

    /// <summary>The connection that the request came by; while the client is there.</summary>
    public DownstreamConnection Client => _downstream!.Connection;

    public bool HasBegun { get; private set; }

    public bool IsHeadRequest { get; private set; }

    /// <summary>The downstream connection must not be used again.</summary>
    public bool CloseDownstream { get; private set; }

    /// <summary>The response goes out although the request has not ended; nothing will read the rest.</summary>
    public bool IsResponseFinal => _replied;

    public bool IsGrpc { get; private set; }

    /// <summary>In the pool's queue of requests without a connection.</summary>
    public HttpExchange? NextPending { get; set; }

    public HostPool? WaitingIn { get; set; }

    /// <summary>Belongs to a connection from now on; the head is still to come.</summary>
    public void Attach(IDownstreamStream downstream)
    {
        _downstream = downstream;
        _manager = downstream.Connection.Listener.ManagerFor(downstream.Connection, downstream.Manager);
        _stats = downstream.Stats;
        (DownstreamLocal, DownstreamDirect, DownstreamRemote) =
            (downstream.Connection.Local, downstream.Connection.Direct, downstream.Connection.Remote);
        (ConnectionId, ServerName, FilterChainName) =
            (downstream.Connection.Id, downstream.Connection.ServerName, downstream.Connection.ChainName);
        DownstreamTls = downstream.Connection.Tls;
        if (downstream.Connection.Metadata is { } metadata)
        {
            WriteMetadata().CopyFrom(metadata);
        }
    }

    /// <summary>The head is complete.</summary>
    public void Begin(bool endStream)
    {
        Count();
        _requestComplete = endStream;
        if (endStream)
        {
            LastDownstreamIn = _worker.Loop.Now;
        }
        IsHeadRequest = Request.IsHeadMethod;
        if (!Prepare())
        {
            return;
        }
        SelectRoute();
        if (CheckUpgrade())
        {
            ArmLimits();
            RunFilters();
        }
    }

    /// <summary>A head that cannot be accepted: answer, log, close.</summary>
    public void RefuseHead(int status, string details, ReadOnlySpan<byte> body, ResponseFlags flags = ResponseFlags.DPE)
    {
        Count();
        CloseDownstream = true;
        Reply(status, body, flags, details);
    }

    /// <summary>The body's framing is broken.</summary>
    public void RefuseBody()
    {
        CloseDownstream = true;
        Flags |= ResponseFlags.DPE;
        if (_responseStarted)
        {
            Details = "http1.codec_error";
            ResetDownstream();
            return;
        }
        DetachUpstream();
        Reply(400, "Bad Request"u8, ResponseFlags.DPE, "http1.codec_error");
    }

    public void OnRequestData(ReadOnlySpan<byte> data, bool endStream)
    {
        BodyBytesIn += data.Length;
        if (IsGrpc)
        {
            _requestFrames.Read(data);
        }
        _lastActive = _worker.Loop.Now;
        if (endStream)
        {
            _requestComplete = true;
            LastDownstreamIn = _worker.Loop.Now;
        }
        if (_finished || _replied)
        {
            return;
        }
        ForwardRequestData(data, endStream);
        OnBodyKept();
    }

    /// <summary>The request ends with the fields in <see cref="RequestTrailers"/>, which stay there for another attempt.</summary>
    public void OnRequestTrailers()
    {
        _requestComplete = _hasRequestTrailers = true;
        LastDownstreamIn = _worker.Loop.Now;
        if (!_finished && !_replied)
        {
            ForwardRequestTrailers();
            OnBodyKept();
        }
    }

    /// <summary>The client closed or broke the connection, or reset the stream.</summary>
    public void OnDownstreamGone(string details = "downstream_remote_disconnect", ResponseFlags flag = ResponseFlags.DC)
    {
        _downstream = null;
        if (IsUpgrade && _tunnelOpen)
        {
            DetachUpstream();
            Finish();
            return;
        }
        Flags |= flag;
        Details = details;
        EndedBy = flag == ResponseFlags.DC ? StreamEnd.Downstream : StreamEnd.None;
        _stats.Add(HttpStat.DownstreamRqRxReset);
        if (!_responseStarted)
        {
            ResponseCode = 0;
        }
        DetachUpstream();
        Finish();
    }

    /// <summary>The client takes bytes again.</summary>
    public void OnDownstreamDrained() => _upstream?.ResumeReading();

    /// <summary>A filter that waited is asked once more, then the chain goes on.</summary>
    public void ContinueFilters()
    {
        _waiting = false;
        RunFilters();
    }

    public void Count(HttpStat stat) => _stats.Add(stat);

    /// <summary>Arms the timer of a filter; the filter is asked again when it fires.</summary>
    public void WaitInFilter(long milliseconds)
    {
        _waiting = true;
        _worker.Loop.ArmTimer(_waitTimer, milliseconds);
    }

    /// <summary>Back to the pool.</summary>
    public void Reset()
    {
        ResetInfo();
        Request.Reset();
        Response.Reset();
        _requestTrailers?.Reset();
        _responseTrailers?.Reset();
        _hasRequestTrailers = false;
        ResetRoute();
        ResetFilters();
        ResetUpstream();
        ResetTunnel();
        (_downstream, HasBegun, IsHeadRequest, CloseDownstream, IsGrpc) = (null, false, false, false, false);
        (_requestFrames, _responseFrames, _replyBody) = (default, default, []);
        (_trace, SpanName) = (default, null);
        // A pooled exchange must not hold a configuration that is gone: this manager has none.
        _manager = _worker.MirrorManager;
        (_filter, _requestComplete, _finished, _waiting) = (0, false, false, false);
        (_replied, _responseStarted) = (false, false);
    }

    private void Count()
    {
        HasBegun = true;
        (Start, StartWall) = (_worker.Loop.Now, _worker.Loop.WallNow);
        _stats.Add(HttpStat.DownstreamRqTotal);
        _stats.Add(HttpStat.RqTotal);
        _stats.Add(HttpStat.DownstreamRqActive);
        _stats.Add(_downstream!.Protocol == HttpProtocol.Http2 ? HttpStat.DownstreamRqHttp2Total : HttpStat.DownstreamRqHttp1Total);
        DownstreamProtocol = Request.IsHttp10 ? HttpProtocol.Http10 : _downstream.Protocol;
    }

    private static bool TryGrpcStatus(MessageHead? head, out int status)
    {
        status = -1;
        return head is not null && Utf8Parser.TryParse(head.Get(HttpField.GrpcStatus), out status, out _);
    }

    private void RunFilters()
    {
        HttpFilterFactory[] filters = _manager.Filters;
        for (; _filter < filters.Length; _filter++)
        {
            FilterVerdict verdict = filters[_filter].OnRequest(this);
            if (verdict != FilterVerdict.Continue)
            {
                return;
            }
        }
        Dispatch();
    }

    // The exchange is over: statistics, log, and the connection may take the next.
    private void Finish()
    {
        if (_finished)
        {
            return;
        }
        _finished = true;
        TimerWheel timers = _worker.Loop.Timers;
        timers.Cancel(_requestTimer);
        timers.Cancel(_tryTimer);
        timers.Cancel(_waitTimer);
        timers.Cancel(_tryIdleTimer);
        EndMirrors();
        EndWork();
        CancelLimits();
        End = _worker.Loop.Now;
        _stats.Add(HttpStat.DownstreamRqActive, -1);
        _stats.Add(HttpStat.DownstreamRqCompleted);
        if (ResponseCode >= 100)
        {
            _stats.Values[(int)HttpStat.DownstreamRq1xx + Math.Min(ResponseCode / 100, 5) - 1]++;
        }
        _stats.Record(0, End - Start);
        if (Flags != ResponseFlags.None || ResponseCode >= 500)
        {
            _worker.Failures.Add(this, _worker);
        }
        foreach (HttpFilterFactory filter in _manager.CompletionWatchers)
        {
            filter.OnComplete(this);
        }
        foreach (AccessLogConfig log in _manager.AccessLogs)
        {
            _worker.Log.Write(log, this, _worker);
        }
        IDownstreamStream? downstream = _downstream;
        _worker.ReturnExchange(this);
        downstream?.OnExchangeDone();
    }

    private void OnTimer(TimerKind kind)
    {
        if (_finished)
        {
            return;
        }
        switch (kind)
        {
            case TimerKind.Request:
                OnRequestTimeout();
                break;
            case TimerKind.Try:
                OnTryTimeout();
                break;
            case TimerKind.TryIdle:
                OnTryIdle();
                break;
            default:
                OnWaitOver();
                break;
        }
    }

    private void OnWaitOver()
    {
        if (_waiting)
        {
            ContinueFilters();
        }
        else
        {
            StartAttempt();
        }
    }

    private sealed class ExchangeTimer(HttpExchange owner, TimerKind kind) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimer(kind);
    }
}
