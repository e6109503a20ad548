using System.Threading.Channels;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Microsoft.Extensions.Logging;

namespace Lateen.Xds.Client;

/// <summary>Keeps one aggregated stream to a control plane: subscribes, hands responses to a handler, ACKs or NACKs, reconnects.</summary>
/// <remarks>
/// Incremental xDS: what goes over the stream is in proportion to what changes. One loop does all sending. A reader task holds at most one
/// response ahead, so a slow handler slows the server down. A lost stream loses nothing: the handler keeps what it applied, and the next stream
/// begins with the names and versions held, so that it brings only what changed meanwhile.
/// </remarks>
public sealed class AdsClient
{
    private readonly GrpcChannel _channel;
    private readonly AdsClientOptions _options;
    private readonly IAdsHandler _handler;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly AdsClientState _state;
    private readonly Backoff _backoff;

    // Types whose names may have changed; a full queue means that they will be looked at anyway.
    private readonly Channel<string> _changed = Channel.CreateBounded<string>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite });

    public AdsClient(
        GrpcChannel channel, AdsClientOptions options, IAdsHandler handler, ILoggerFactory loggers, TimeProvider time, Random random)
    {
        _channel = channel;
        _options = options;
        _handler = handler;
        _logger = loggers.CreateLogger("xdsclient");
        _time = time;
        _state = new AdsClientState(options.WildcardTypes, options.NamedTypes);
        _backoff = new Backoff(options.BaseBackoff, options.MaxBackoff, random);
    }

    /// <summary>The handler wants other names of this type: they are sent soon. Safe from any thread.</summary>
    public void OnNamesChanged(string typeUrl) => _changed.Writer.TryWrite(typeUrl);

    /// <summary>Keeps a stream until cancelled; every failure is logged and retried.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            string reason;
            try
            {
                await ServeStreamAsync(cancellation);
                reason = "the server closed it";
            }
            catch (GrpcException e) when (!cancellation.IsCancellationRequested)
            {
                reason = e.Message;
            }
            catch (Exception e) when (e is OperationCanceledException or GrpcException && cancellation.IsCancellationRequested)
            {
                return;
            }
            _handler.OnConnection(false);
            var pause = _backoff.Next();
            AdsClientLog.Lost(_logger, reason, (long)pause.TotalMilliseconds);
            try
            {
                await Task.Delay(pause, _time, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeStreamAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var call = _channel.Start(AdsMethods.Delta, new GrpcCallOptions(Metadata: _options.Metadata()), stop.Token);
        var responses = Channel.CreateBounded<DeltaDiscoveryResponse>(1);
        var isConnected = false;
        foreach (var request in _state.Open(_options.Node()))
        {
            await call.WriteAsync(request);
        }
        var reader = ReadAsync(call, responses.Writer, stop.Token);
        try
        {
            while (await NextAsync(responses.Reader, stop.Token))
            {
                while (responses.Reader.TryRead(out var response))
                {
                    if (!isConnected)
                    {
                        isConnected = true;
                        _backoff.Reset();
                        AdsClientLog.Connected(_logger);
                        _handler.OnConnection(true);
                    }
                    await OnResponseAsync(call, response, stop.Token);
                }
                await SendNamesAsync(call);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reader;
        }
    }

    // Waits for a response or for changed names; false when the server has ended the stream.
    private async Task<bool> NextAsync(ChannelReader<DeltaDiscoveryResponse> responses, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var response = responses.WaitToReadAsync(either.Token).AsTask();
        var names = _changed.Reader.WaitToReadAsync(either.Token).AsTask();
        var first = await Task.WhenAny(response, names);
        await either.CancelAsync();
        try
        {
            return await first;
        }
        finally
        {
            // The other wait ends as cancelled, unless it has completed too; then it is found again by the next one.
            await Task.WhenAll(response, names).ContinueWith(
                static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task OnResponseAsync(
        GrpcCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call, DeltaDiscoveryResponse response, CancellationToken cancellation)
    {
        if (_state.Read(response) is { } update)
        {
            var error = await ApplyAsync(update, cancellation);
            await call.WriteAsync(_state.Answer(response, error));
        }
    }

    private async ValueTask<string?> ApplyAsync(AdsUpdate update, CancellationToken cancellation)
    {
        var type = TypeUrls.ShortName(update.TypeUrl);
        try
        {
            var error = await _handler.ApplyAsync(update, cancellation);
            if (error is null)
            {
                AdsClientLog.Applied(_logger, type, update.Version, update.Resources.Count, update.Removed.Count);
            }
            else
            {
                AdsClientLog.Refused(_logger, type, update.Version, error);
            }
            return error;
        }
#pragma warning disable CA1031 // A handler's bug must not end the stream: the control plane is told, the last good version stays.
        catch (Exception e) when (e is not OperationCanceledException)
        {
            AdsClientLog.Failed(_logger, type, update.Version, e);
            return $"internal error: {e.Message}";
        }
#pragma warning restore CA1031
    }

    private async Task SendNamesAsync(GrpcCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call)
    {
        while (_changed.Reader.TryRead(out _))
        {
        }
        // All named types are compared: a notice that was dropped from the full queue is made good here.
        foreach (var typeUrl in _options.NamedTypes.OrderBy(XdsTypes.PushOrder))
        {
            if (_state.Subscribe(typeUrl, _handler.SubscribedNames(typeUrl)) is { } request)
            {
                await call.WriteAsync(request);
                if (request.ResourceNamesUnsubscribe.Count > 0)
                {
                    _handler.Forget(typeUrl, request.ResourceNamesUnsubscribe);
                }
            }
        }
    }

    private static async Task ReadAsync(
        GrpcCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call, ChannelWriter<DeltaDiscoveryResponse> responses, CancellationToken cancellation)
    {
        try
        {
            while (await call.ReadAsync() is { Any: true, Message: var response })
            {
                await responses.WriteAsync(response, cancellation);
            }
            responses.TryComplete();
        }
        catch (Exception e) when (e is GrpcException or OperationCanceledException)
        {
            responses.TryComplete(e);
        }
    }
}
