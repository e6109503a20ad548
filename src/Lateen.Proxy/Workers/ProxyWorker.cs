using System.Globalization;
using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Why;

namespace Lateen.Proxy.Workers;

/// <summary>One thread of the proxy: its event loop and what its connections share.</summary>
internal sealed class ProxyWorker
{
    private const int KeptExchanges = 256;

    private readonly Stack<HttpExchange> _exchanges = new();
    private readonly byte[] _date = new byte[29];
    private long _dateSecond = -1;

    public ProxyWorker(EventLoop loop, Random seed)
    {
        Loop = loop;
        Random = new FastRandom(seed);
        Log = new LogBuffers(loop);
    }

    public EventLoop Loop { get; }

    public int Index => Loop.Index;

    public FastRandom Random { get; }

    public LogBuffers Log { get; }

    /// <summary>What this thread's TLS connections share.</summary>
    public TlsIo Tls { get; } = new();

    /// <summary>Downstream handshakes under way.</summary>
    public HandshakeQueue Handshakes { get; } = new();

    public WorkerTelemetry Telemetry { get; } = new();

    /// <summary>What did not go well lately.</summary>
    public FailureLog Failures { get; } = new();

    /// <summary>Environment variables that logs may show.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What clusters need when they are first used; the same for all threads.</summary>
    public ClusterServices Clusters { get; set; } = null!;

    /// <summary>Stands for the connection manager of mirrored requests: no filters, no log.</summary>
    public HttpManager MirrorManager { get; set; } = null!;

    /// <summary>Set when the whole proxy drains.</summary>
    public volatile bool IsDraining;

    /// <summary>Open downstream connections of this thread; read by others.</summary>
    public long ActiveConnections;

    public long NextConnectionId { get; set; }

    /// <summary>The date field's value (RFC 9110 6.6.1), made once a second.</summary>
    public ReadOnlySpan<byte> Date
    {
        get
        {
            long second = Loop.WallNow / 1000;
            if (second != _dateSecond)
            {
                _dateSecond = second;
                DateTimeOffset.FromUnixTimeSeconds(second).TryFormat(_date, out _, "r", CultureInfo.InvariantCulture);
            }
            return _date;
        }
    }

    public HttpExchange TakeExchange() => _exchanges.TryPop(out HttpExchange? exchange) ? exchange : new HttpExchange(this);

    public void ReturnExchange(HttpExchange exchange)
    {
        exchange.Reset();
        if (_exchanges.Count < KeptExchanges)
        {
            _exchanges.Push(exchange);
        }
    }
}
