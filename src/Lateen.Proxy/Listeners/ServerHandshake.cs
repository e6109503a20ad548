using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Listeners;

/// <summary>An accepted connection while it shakes hands; then the chain's codec takes it over.</summary>
/// <remarks>
/// Half-open handshakes are bounded twice: by time, and by their number on one thread (<see cref="HandshakeQueue"/>).
/// </remarks>
internal sealed class ServerHandshake : StreamSocket
{
    private readonly ProxyWorker _worker;
    private readonly DownstreamConnection _connection;
    private readonly FilterChain _chain;
    private readonly TlsStats _stats;
    private readonly Timeout _timer;

    private ServerHandshake(ProxyWorker worker, DownstreamConnection connection, FilterChain chain, TlsStats stats) : base(worker.Loop)
    {
        (_worker, _connection, _chain, _stats) = (worker, connection, chain, stats);
        _timer = new Timeout(this);
    }

    /// <summary>Takes over the descriptor; bytes that inspection has read come first.</summary>
    public static void Begin(ProxyWorker worker, int fd, DownstreamConnection connection, FilterChain chain, ReadOnlySpan<byte> first)
    {
        TlsStats stats = connection.Listener.TlsStats;
        TlsContext? context = chain.Tls!.Source.Current(out string? problem);
        if (context is null || (chain.Tls.RequiresServerName && connection.ServerName.Length == 0))
        {
            stats.Count(worker.Index, TlsStat.ConnectionError);
            SocketCalls.Close(fd);
            connection.Listener.OnHandshakeFailed(worker, connection, problem ?? "TLS error: refused before the handshake");
            return;
        }
        TlsTransport transport = TlsTransport.Server(worker.Tls, worker.Loop.Buffers, context, first);
        ServerHandshake handshake = new(worker, connection, chain, stats);
        ServerHandshake? tooMany = worker.Handshakes.Add(handshake);
        worker.Loop.ArmTimer(handshake._timer, chain.Tls.HandshakeTimeoutMilliseconds);
        handshake.Attach(fd, transport);
        tooMany?.GiveWay();
        handshake.Drive();
    }

    /// <summary>In the thread's <see cref="HandshakeQueue"/>.</summary>
    internal ServerHandshake? Older { get; set; }

    /// <summary>As <see cref="Older"/>.</summary>
    internal ServerHandshake? Newer { get; set; }

    public override void Abort() => Fail("TLS error: internal");

    protected override void OnReadable(Readiness events) => Drive();

    protected override void OnOutputFailed(int error) => Fail("TLS error: the peer closed during the handshake");

    protected override void OnClosed()
    {
        _worker.Handshakes.Remove(this);
        Loop.Timers.Cancel(_timer);
    }

    private void Drive()
    {
        if (!IsOpen)
        {
            return;
        }
        switch (Transport!.Handshake(Fd))
        {
            case HandshakeState.Failed:
                Fail(Transport.Failure ?? "");
                break;
            case HandshakeState.Done:
                HandOver((TlsTransport)Transport);
                break;
        }
    }

    private void HandOver(TlsTransport transport)
    {
        _worker.Handshakes.Remove(this);
        Loop.Timers.Cancel(_timer);
        TlsDetails details = transport.Details!;
        _stats.CountDone(_worker.Index, details);
        _connection.Tls = new DownstreamTlsState(details, transport.LocalCertificate);
        if (_connection.ServerName.Length == 0)
        {
            _connection.ServerName = details.ServerName;
        }
        (int fd, StreamTransport? released) = Release();
        ListenerRuntime.Serve(_worker, fd, _connection, _chain, released, []);
    }

    private void Fail(string failure)
    {
        if (!IsOpen)
        {
            return;
        }
        _stats.CountFailed(_worker.Index, failure);
        CutSocket();
        _connection.Listener.OnHandshakeFailed(_worker, _connection, failure);
    }

    private void GiveWay()
    {
        Fail("TLS error: too many handshakes under way");
        _stats.Count(_worker.Index, TlsStat.HandshakeOverflow);
    }

    private void OnTimeout()
    {
        Fail("TLS error: handshake timeout");
        _stats.Count(_worker.Index, TlsStat.HandshakeTimeout);
    }

    private sealed class Timeout(ServerHandshake owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimeout();
    }
}
