using Lateen.Net.Sockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Listeners;

/// <summary>Reads a client's first bytes to tell TLS (with SNI and ALPN), HTTP/1, HTTP/2 and anything else apart, then hands everything on.</summary>
internal sealed class Inspection : StreamSocket
{
    private const int MaximumBytes = 64 * 1024;

    private readonly ProxyWorker _worker;
    private readonly ListenerRuntime _listener;
    private readonly DownstreamConnection _connection;
    private readonly ChainFacts _facts;
    private readonly Timeout _timer;
    private byte[]? _kept;
    private int _length;

    public Inspection(ProxyWorker worker, ListenerRuntime listener, DownstreamConnection connection, in ChainFacts facts) : base(worker.Loop)
    {
        (_worker, _listener, _connection, _facts) = (worker, listener, connection, facts);
        _timer = new Timeout(this);
    }

    public bool LooksForTls { get; init; }

    public bool LooksForHttp { get; init; }

    public void Begin(int fd)
    {
        if (_listener.Config.InspectionTimeoutMilliseconds > 0)
        {
            Loop.ArmTimer(_timer, _listener.Config.InspectionTimeoutMilliseconds);
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
            InspectionResult result = Inspector.Look(_kept.AsSpan(0, _length), LooksForTls, LooksForHttp);
            if (!result.IsIncomplete || n == 0 || _length >= MaximumBytes)
            {
                Finish(result);
                return;
            }
        }
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
        if (_listener.Config.ContinuesOnTimeout)
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
