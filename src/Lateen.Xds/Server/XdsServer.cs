using System.Collections.Concurrent;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.Grpc;
using Lateen.Grpc.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Lateen.Xds.Server;

/// <summary>The aggregated discovery service: keeps every stream's subscriptions and sends each proxy what changed for it.</summary>
/// <remarks>
/// It does not know what a resource means: content comes from an <see cref="IXdsResourceSource{TProxy}"/>, changes are announced by
/// <see cref="Push"/>. A change costs a proxy nothing when its resources come out the same (their versions are compared). Types go out in
/// the order CDS, EDS, LDS, RDS, SDS; at most one response per type and stream is unanswered, later changes merge into the next.
/// </remarks>
public sealed class XdsServer<TProxy> : IDisposable
    where TProxy : class
{
    private readonly ConcurrentDictionary<string, IXdsStream<TProxy>> _streams = new(StringComparer.Ordinal);
    private readonly IXdsResourceSource<TProxy> _source;
    private readonly XdsServerOptions _options;
    private readonly IXdsServerObserver? _observer;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _throttle;
    private readonly Admission _admission;
    private readonly NameSetPool _names = new();
    private readonly ResponseCompression _compression = new();
    private readonly CancellationTokenSource _closing = new();
    private long _connections;
    private long _announced = -1;

    public XdsServer(
        IXdsResourceSource<TProxy> source, XdsServerOptions options, ILoggerFactory loggers, TimeProvider time, IXdsServerObserver? observer = null)
    {
        _source = source;
        _options = options;
        _observer = observer;
        _logger = loggers.CreateLogger("ads");
        _throttle = new SemaphoreSlim(options.PushThrottle);
        _admission = new Admission(options, time);
        Time = time;
    }

    internal TimeProvider Time { get; }

    /// <summary>Number of streams that were admitted and are open.</summary>
    public int ConnectionCount => _streams.Count;

    /// <summary>The version of the configuration whose changes were all announced by <see cref="Push"/>; set by whoever announces, afterwards.</summary>
    public long Announced
    {
        get => Volatile.Read(ref _announced);
        set => Volatile.Write(ref _announced, value);
    }

    /// <summary>For each open stream the newest <see cref="Announced"/> up to which its proxy has accepted all that concerns it; -1 for never.</summary>
    public IReadOnlyList<long> Applied() => [.. _streams.Values.Select(stream => stream.Applied())];

    /// <summary>The state of every open stream, in the order of connection ids.</summary>
    public IReadOnlyList<XdsConnectionStatus> Connections() =>
        [.. _streams.Values.Select(s => s.Status()).OrderBy(s => s.Peer.ConnectionId, StringComparer.Ordinal)];

    /// <summary>Announces a change. Returns at once; each stream compares and sends on its own task, changes that meet are merged.</summary>
    public void Push(XdsPush<TProxy> push)
    {
        foreach (var stream in _streams.Values)
        {
            stream.Notify(push);
        }
    }

    /// <summary>Ends all streams with Unavailable, so that proxies go to another server; no new ones are admitted.</summary>
    public void Close() => _closing.Cancel();

    /// <summary>Closes and releases the rest; streams must have ended.</summary>
    public void Dispose()
    {
        Close();
        _throttle.Dispose();
        _admission.Dispose();
        _closing.Dispose();
    }

    /// <summary>Serves both variants on the endpoints of a Kestrel host; call it once per host (or port group).</summary>
    public void Map(IEndpointRouteBuilder endpoints, GrpcServerOptions grpc)
    {
        var reader = new DiscoveryRequestReader(_names);
        var responses = XdsResponseBytes.Marshaller with { Compress = _compression.Compress };
        var (stream, delta) = (AdsMethods.Stream, AdsMethods.Delta);
        endpoints.MapGrpcStream(
            new GrpcMethod<SotwRequest, XdsResponse>(
                stream.Service,
                stream.Name,
                new(static _ => throw new NotSupportedException(), static (_, _) => throw new NotSupportedException("a server writes no requests"), reader.Read),
                responses),
            grpc,
            (exchange, call) => ServeAsync(exchange, call, new SotwVariant(_options.ControlPlaneIdentifier)));
        endpoints.MapGrpcStream(
            new GrpcMethod<DeltaDiscoveryRequest, XdsResponse>(delta.Service, delta.Name, delta.Request, responses),
            grpc,
            (exchange, call) => ServeAsync(exchange, call, new DeltaVariant(_options.ControlPlaneIdentifier, _names)));
    }

    internal async ValueTask<XdsResourceSet?> GenerateAsync(XdsPeer peer, TProxy proxy, XdsQuery query, CancellationToken cancellation)
    {
        await _throttle.WaitAsync(cancellation);
        try
        {
            return await _source.GenerateAsync(peer, proxy, query, cancellation);
        }
        finally
        {
            _throttle.Release();
        }
    }

    internal void OnPushed(XdsPeer peer, string shortName, string typeUrl, int resources, int bytes, long started, long made)
    {
        var (duration, sending) = (Time.GetElapsedTime(started), Time.GetElapsedTime(made));
        if (_logger.IsEnabled(LogLevel.Information))
        {
            XdsServerLog.Pushed(_logger, shortName, peer.ConnectionId, resources, bytes, duration.TotalMilliseconds);
        }
        _observer?.Pushed(peer, typeUrl, new XdsSent(resources, bytes, duration, sending));
    }

    internal void OnQueued(XdsPeer peer, long since) => _observer?.Queued(peer, Time.GetElapsedTime(since));

    internal void OnConverged(XdsPeer peer, long since) => _observer?.Converged(peer, Time.GetElapsedTime(since));

    internal void OnRecovered(XdsPeer peer, string typeUrl) => _observer?.Recovered(peer, typeUrl);

    internal void OnRejected(XdsPeer peer, string typeUrl, string message, IReadOnlyList<string> names)
    {
        var type = TypeUrls.ShortName(typeUrl);
        XdsServerLog.Rejected(_logger, type, peer.ConnectionId, message);
        _observer?.Rejected(peer, typeUrl, message, names);
    }

    internal void OnStale(XdsPeer peer, string typeUrl)
    {
        var type = TypeUrls.ShortName(typeUrl);
        XdsServerLog.Stale(_logger, type, peer.ConnectionId);
        _observer?.StaleNonce(peer, typeUrl);
    }

    private async Task ServeAsync<TRequest>(GrpcExchange<TRequest, XdsResponse> exchange, GrpcServerCall call, IStreamVariant<TRequest> variant)
        where TRequest : class
    {
        if (!_options.IsReady() || _closing.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, "the control plane is not ready to serve configuration");
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, _closing.Token);
        var (any, first) = await exchange.ReadAsync(stop.Token);
        if (!any)
        {
            return;
        }
        var node = variant.NodeOf(first);
        if (string.IsNullOrEmpty(node?.Id))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "the first request of a stream must carry the node and its id");
        }
        using var turn = await _admission.EnterAsync(node.Id, stop.Token);
        var peer = PeerOf(node, call, variant.IsDelta);
        var proxy = await ConnectAsync(peer, stop.Token);
        var stream = new XdsStream<TProxy, TRequest>(this, variant, exchange, peer, proxy);
        _streams[peer.ConnectionId] = stream;
        XdsServerLog.Connected(_logger, peer.ConnectionId, call.Peer, variant.IsDelta ? "delta" : "state of the world");
        try
        {
            await stream.RunAsync(first, turn, stop.Token);
        }
        finally
        {
            _streams.TryRemove(peer.ConnectionId, out _);
            _source.Disconnected(peer, proxy);
            XdsServerLog.Disconnected(_logger, peer.ConnectionId);
        }
    }

    private XdsPeer PeerOf(Node node, GrpcServerCall call, bool isDelta)
    {
        // The third part of a node id is the workload's name: "sidecar~ip~name.namespace~domain" connects as "name.namespace-12".
        var parts = node.Id.Split('~');
        var name = parts.Length == 4 ? parts[2] : node.Id;
        return new XdsPeer($"{name}-{Interlocked.Increment(ref _connections)}", node, call, Time.GetUtcNow(), isDelta);
    }

    private async ValueTask<TProxy> ConnectAsync(XdsPeer peer, CancellationToken cancellation)
    {
        try
        {
            return await _source.ConnectAsync(peer, cancellation);
        }
        catch (GrpcException e)
        {
            XdsServerLog.Refused(_logger, peer.Node.Id, peer.Call.Peer, e.Message);
            throw;
        }
    }
}
