using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Listeners;

/// <summary>Reads a client's first bytes: a PROXY header where one is due, then what tells TLS (with SNI and ALPN), HTTP/1, HTTP/2 and anything else apart.</summary>
/// <remarks>What was read behind the header is handed on with the connection.</remarks>
internal sealed class Inspection : StreamSocket
{
    // A PROXY header of version 2 may be as long as its 16-bit length says.
    private const int MaximumBytes = 80 * 1024;

    private readonly ProxyWorker _worker;
    private readonly ListenerRuntime _listener;
    private readonly DownstreamConnection _connection;
    private readonly ListenerConfig _config;
    private readonly Timeout _timer;
    private ChainFacts _facts;
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

    public void Begin(int fd)
    {
        if (_config.InspectionTimeoutMilliseconds > 0)
        {
            Loop.ArmTimer(_timer, _config.InspectionTimeoutMilliseconds);
        }
        Attach(fd);
        // The first bytes are there more often than not.
        Read();
    }

    public override void Abort() => Drop();

    protected override void OnReadable(Readiness events) => Read();

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

    private void Finish(in InspectionResult result)
    {
        Loop.Timers.Cancel(_timer);
        int fd = Fd;
        Loop.Detach(this);
        Fd = -1;
        ChainFacts facts = _facts with
        {
            ServerName = result.ServerName,
            TransportProtocol = result.IsTls ? "tls" : "raw_buffer",
            ApplicationProtocols = result.ApplicationProtocols,
        };
        byte[]? kept = _kept;
        _kept = null;
        _listener.Dispatch(_worker, fd, _connection, facts, kept.AsSpan(0, _length));
        if (kept is not null)
        {
            Loop.Buffers.Return(kept);
        }
    }

    private void Drop()
    {
        if (!IsOpen)
        {
            return;
        }
        Loop.Timers.Cancel(_timer);
        CloseSocket();
        if (_kept is { } kept)
        {
            _kept = null;
            Loop.Buffers.Return(kept);
        }
        _listener.OnConnectionClosed(_worker, _connection);
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
}
