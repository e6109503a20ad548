using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Tcp;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Listeners;

/// <summary>Reads a client's first bytes: a PROXY header where one is due, then what tells TLS (with SNI and ALPN), HTTP/1, HTTP/2 and anything else apart.</summary>
/// <remarks>
/// What was read behind the header is handed on with the connection.
/// <para>
/// Envoy waits for the client's bytes, so that a protocol whose server speaks first stands still until the time is over. Here a client that is
/// silent may be one who waits for its server: the upstream of the chain that takes plain bytes is called ahead, and if the server speaks the
/// connection is that chain's at once. If the client speaks first the session ahead is taken where the choice falls on its chain, and dropped
/// otherwise. Where the client has spoken first before, or the port's services speak HTTP, a moment is given to it, so that applications see no
/// needless connections. Where it may be about to begin TLS (a port that takes both) and has not shown otherwise before, a greeting is held back for
/// a moment: it would break a handshake.
/// </para>
/// </remarks>
internal sealed class Inspection : StreamSocket, ISessionAhead
{
    // A PROXY header of version 2 may be as long as its 16-bit length says.
    private const int MaximumBytes = 80 * 1024;

    /// <summary>How long a client may be silent who is expected to speak first.</summary>
    public const int SilenceMilliseconds = 50;

    /// <summary>How long a client that may speak TLS has for its first byte before it is sent a greeting in plain text.</summary>
    private const int HandshakeMilliseconds = 300;

    /// <summary>How long a client may be silent once its upstream is known to be out of reach.</summary>
    private const int OutOfReachMilliseconds = 1000;

    private readonly ProxyWorker _worker;
    private readonly ListenerRuntime _listener;
    private readonly DownstreamConnection _connection;
    private readonly ListenerConfig _config;
    private readonly Timeout _timer;
    private ChainFacts _facts;
    private Silence? _silence;
    private TcpSession? _ahead;
    private bool _isSilent;
    private bool _aheadFailed;
    private bool _serverSpoke;
    private byte[]? _kept;
    private int _length;
    private bool _headerDue;

    public Inspection(ProxyWorker worker, ListenerRuntime listener, DownstreamConnection connection, in ChainFacts facts, ListenerConfig config)
        : base(worker.Loop)
    {
        (_worker, _listener, _connection, _facts, _config) = (worker, listener, connection, facts, config);
        _headerDue = config.ProxyProtocol is not null;
        _timer = new Timeout(this);
    }

    public bool LooksForTls { get; set; }

    public bool LooksForHttp { get; set; }

    // Only a chain that takes plain bytes as they are, whatever they are, can have its upstream called before there are any.
    private FilterChain? PlainChain => _listener.ChainOf(_facts) is { Tcp: not null, Tls: null, Limits.Length: 0 } chain ? chain : null;

    private bool? WasClient => _listener.FirstSpeakers.WasClient(_connection.Remote, _connection.Local);

    public void Begin(int fd)
    {
        if (_config.InspectionTimeoutMilliseconds > 0)
        {
            Loop.ArmTimer(_timer, _config.InspectionTimeoutMilliseconds);
        }
        Attach(fd);
        // The first bytes are there more often than not.
        OnReadable(Readiness.Readable);
    }

    public override void Abort() => Drop();

    public void OnServerFirst()
    {
        long left = _connection.AcceptedAt + HandshakeMilliseconds - Loop.Now;
        if (left > 0 && WasClient != false && LooksForTls && ChainMatcher.MayBeTls(_config.Chains, _facts))
        {
            _serverSpoke = true;
            ArmSilence(left);
            return;
        }
        Note(isClient: false);
        TcpSession session = _ahead!;
        _ahead = null;
        session.Join(LetGo(), []);
    }

    public void OnAheadFailed()
    {
        (_ahead, _aheadFailed) = (null, true);
        ArmSilence(OutOfReachMilliseconds);
    }

    protected override void OnReadable(Readiness events)
    {
        Read();
        if (IsOpen && _length == 0 && !_headerDue && !_isSilent)
        {
            _isSilent = true;
            if (WasClient ?? PlainChain is { Tcp.TakesWhatIsLeft: true })
            {
                ArmSilence(SilenceMilliseconds);
            }
            else
            {
                CallAhead();
            }
        }
    }

    protected override void OnOutputFailed(int error) => Drop();

    private void Read()
    {
        while (IsOpen)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n < 0 || (n == 0 && _length == 0))
            {
                Drop();
                return;
            }
            Append(Loop.Input.AsSpan(0, n));
            bool isLast = n == 0 || _length >= MaximumBytes;
            if (_headerDue && !TakeHeader(isLast))
            {
                continue;
            }
            if (!LooksForTls && !LooksForHttp)
            {
                Finish(InspectionResult.Nothing);
                return;
            }
            InspectionResult result = Inspector.Look(_kept.AsSpan(0, _length), LooksForTls, LooksForHttp);
            if (!result.IsIncomplete || isLast)
            {
                Note(isClient: true);
                Finish(result);
                return;
            }
        }
    }

    // Returns false while the header is not complete, and when the connection was dropped for it.
    private bool TakeHeader(bool isLast)
    {
        ProxyProtocolConfig wanted = _config.ProxyProtocol!;
        ProxyHeaderStatus status = ProxyHeaderReader.Read(_kept.AsSpan(0, _length), out ProxyHeader header);
        if (status == ProxyHeaderStatus.Incomplete && !isLast)
        {
            return false;
        }
        // Envoy: with allow_requests_without_proxy_protocol a version that is not wanted passes as if it were the client's own bytes.
        bool isTaken = status == ProxyHeaderStatus.Complete && wanted.Accepts(header);
        bool passes = wanted.AllowsAbsence && status != ProxyHeaderStatus.Malformed;
        if (!isTaken && !passes)
        {
            _listener.Stats.For(_worker.Index).Add(ListenerStat.DownstreamCxProxyProtoError);
            Drop();
            return false;
        }
        _headerDue = false;
        if (isTaken)
        {
            wanted.Apply(header, _connection);
            _facts = _facts with { Destination = _connection.Local, Source = _connection.Remote };
            (LooksForTls, LooksForHttp) = ListenerRuntime.Inspectors(_config, _facts);
            _kept.AsSpan(header.Length, _length - header.Length).CopyTo(_kept);
            _length -= header.Length;
        }
        return true;
    }

    private void Note(bool isClient) => _listener.FirstSpeakers.Note(_connection.Remote, _connection.Local, isClient);

    private void Append(ReadOnlySpan<byte> data)
    {
        if (_kept is null)
        {
            _kept = Loop.Buffers.Rent(data.Length);
        }
        else if (_kept.Length < _length + data.Length)
        {
            byte[] larger = Loop.Buffers.Rent(_length + data.Length);
            _kept.AsSpan(0, _length).CopyTo(larger);
            Loop.Buffers.Return(_kept);
            _kept = larger;
        }
        data.CopyTo(_kept.AsSpan(_length));
        _length += data.Length;
    }

    private void CallAhead()
    {
        if (PlainChain is not { } chain)
        {
            return;
        }
        _connection.ChainName = chain.Name;
        TcpSession session = _ahead = new TcpSession(_worker, _connection, chain.Tcp!);
        if (!session.TryBeginAhead(this))
        {
            _ahead = null;
        }
    }

    private void Finish(in InspectionResult result)
    {
        ChainFacts facts = _facts with
        {
            ServerName = result.ServerName,
            TransportProtocol = result.IsTls ? "tls" : "raw_buffer",
            ApplicationProtocols = result.ApplicationProtocols,
        };
        byte[]? kept = _kept;
        _kept = null;
        TcpSession? ahead = _ahead;
        _ahead = null;
        _listener.Dispatch(_worker, LetGo(), _connection, facts, kept.AsSpan(0, _length), ahead);
        if (kept is not null)
        {
            Loop.Buffers.Return(kept);
        }
    }

    // The descriptor is another's from here on.
    private int LetGo()
    {
        CancelTimers();
        if (_kept is { } kept)
        {
            _kept = null;
            Loop.Buffers.Return(kept);
        }
        return Release().Fd;
    }

    private void Drop()
    {
        if (!IsOpen)
        {
            return;
        }
        CancelTimers();
        CloseSocket();
        _ahead?.Abandon();
        _ahead = null;
        if (_kept is { } kept)
        {
            _kept = null;
            Loop.Buffers.Return(kept);
        }
        _listener.OnConnectionClosed(_worker, _connection);
    }

    private void ArmSilence(long milliseconds)
    {
        _silence ??= new Silence(this);
        Loop.ArmTimer(_silence, milliseconds);
    }

    private void CancelTimers()
    {
        Loop.Timers.Cancel(_timer);
        if (_silence is not null)
        {
            Loop.Timers.Cancel(_silence);
        }
    }

    private void OnSilence()
    {
        if (_length > 0)
        {
            return;
        }
        if (_serverSpoke)
        {
            OnServerFirst();
        }
        else if (!_aheadFailed)
        {
            CallAhead();
        }
        else if (_config.ContinuesOnTimeout)
        {
            // Nobody is there who could speak: the chain says so in its way.
            Finish(InspectionResult.Nothing);
        }
    }

    private void OnTimeout()
    {
        // A header that is due says who the client is: without it nothing may be assumed, whatever the other filters' time-out allows.
        if (_config.ContinuesOnTimeout && (!_headerDue || _config.ProxyProtocol!.AllowsAbsence))
        {
            Finish(InspectionResult.Nothing);
        }
        else
        {
            Drop();
        }
    }

    private sealed class Timeout(Inspection owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimeout();
    }

    private sealed class Silence(Inspection owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnSilence();
    }
}
