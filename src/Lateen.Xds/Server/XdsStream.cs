using System.Threading.Channels;
using Lateen.Api;
using Lateen.Grpc;
using Lateen.Grpc.Server;

namespace Lateen.Xds.Server;

/// <summary>The loop of one stream: requests and changes in, responses out, one at a time.</summary>
/// <remarks>
/// A reader task feeds requests into a short queue (the peer is slowed down by HTTP/2 when it is full); a change only marks types and
/// wakes the loop. <c>_gate</c> guards the protocol state against <see cref="Status"/> and <see cref="Notify"/>; the loop is its only
/// writer otherwise. Resources are made outside the lock.
/// </remarks>
internal sealed class XdsStream<TProxy, TRequest> : IXdsStream<TProxy>
    where TProxy : class
    where TRequest : class
{
    private readonly IStreamVariant<TRequest> _variant;
    private readonly XdsServer<TProxy> _server;
    private readonly GrpcExchange<TRequest, XdsResponse> _exchange;
    private readonly XdsPeer _peer;
    private readonly TProxy _proxy;
    private readonly Lock _gate = new();

    // A null is a wake-up: there are changes to look at.
    private readonly Channel<TRequest?> _events = Channel.CreateBounded<TRequest?>(8);
    private long _nonce;
    private long _applied = -1;
    private bool _isAtWork = true;

    // When the first push was announced that was not looked at yet, and when the oldest change came of which not all was sent yet.
    private long? _announcedAt;
    private long? _changedAt;
    private bool _sentOfChange;

    public XdsStream(
        XdsServer<TProxy> server,
        IStreamVariant<TRequest> variant,
        GrpcExchange<TRequest, XdsResponse> exchange,
        XdsPeer peer,
        TProxy proxy)
    {
        _server = server;
        _variant = variant;
        _exchange = exchange;
        _peer = peer;
        _proxy = proxy;
    }

    public void Notify(XdsPush<TProxy> push)
    {
        if (push.Concerns is { } concerns && !concerns(_peer, _proxy))
        {
            return;
        }
        var isConcerned = false;
        lock (_gate)
        {
            foreach (var type in _variant.Types)
            {
                if (push.TypeUrls?.Contains(type.TypeUrl) != false)
                {
                    // Types that are sent as a whole have no part that could change alone.
                    type.SetDirty(XdsTypes.IsWildcard(type.TypeUrl) ? null : push.Names);
                    isConcerned |= type.IsDirty;
                }
            }
            if (isConcerned)
            {
                var now = _server.Time.GetTimestamp();
                _announcedAt ??= now;
                _changedAt = Math.Min(_changedAt ?? long.MaxValue, push.ChangedAt ?? now);
            }
        }
        if (!isConcerned)
        {
            return;
        }
        // A full queue means that the loop will come by anyway: it looks at changes after each event.
        _events.Writer.TryWrite(null);
    }

    public XdsConnectionStatus Status()
    {
        lock (_gate)
        {
            NoteApplied();
            var types = _variant.Types.OrderBy(t => XdsTypes.PushOrder(t.TypeUrl)).ThenBy(t => t.TypeUrl, StringComparer.Ordinal).Select(t => t.Status());
            return new XdsConnectionStatus(_peer, [.. types], _applied);
        }
    }

    public long Applied()
    {
        lock (_gate)
        {
            NoteApplied();
            return _applied;
        }
    }

    /// <summary>Serves the stream to its end, beginning with the request that opened it.</summary>
    /// <param name="turn">Ends with the first answer: then another stream is let in.</param>
    public async Task RunAsync(TRequest first, IDisposable turn, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reader = ReadAsync(stop.Token);
        try
        {
            await OnRequestAsync(first, stop.Token);
            turn.Dispose();
            Rest();
            await foreach (var request in _events.Reader.ReadAllAsync(stop.Token))
            {
                lock (_gate)
                {
                    _isAtWork = true;
                }
                if (request is not null)
                {
                    await OnRequestAsync(request, stop.Token);
                }
                await PushDirtyAsync(stop.Token);
                Rest();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reader;
        }
    }

    private void Rest()
    {
        lock (_gate)
        {
            _isAtWork = false;
            NoteApplied();
        }
    }

    // Whoever announces a version has marked the types that it concerns before: what is not marked then is not concerned.
    private void NoteApplied()
    {
        if (!_isAtWork && !_variant.Types.Any(type => type.IsDirty || type.IsAwaitingAck || type.NackMessage is not null))
        {
            _applied = _server.Announced;
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _exchange.ReadAsync(cancellation) is { Any: true, Message: var request })
            {
                await _events.Writer.WriteAsync(request, cancellation);
            }
            _events.Writer.TryComplete();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or GrpcException)
        {
            // How the stream ended is the loop's answer; a connection that broke off ends it quietly.
            _events.Writer.TryComplete(e is GrpcException ? e : null);
        }
    }

    private async ValueTask OnRequestAsync(TRequest request, CancellationToken cancellation)
    {
        var typeUrl = _variant.TypeUrlOf(request);
        if (typeUrl.Length == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "type_url is missing: an aggregated stream carries many types");
        }
        RequestVerdict verdict;
        TypeSubscription? type;
        bool wasRefused;
        lock (_gate)
        {
            wasRefused = _variant.Find(typeUrl)?.NackMessage is not null;
            verdict = _variant.OnRequest(request, _server.Time.GetUtcNow());
            type = _variant.Find(typeUrl);
        }
        switch (verdict)
        {
            case RequestVerdict.Wanted when type!.IsAwaitingAck:
                lock (_gate)
                {
                    type.MustAnswer = true;
                    type.SetDirty(null);
                }
                break;
            case RequestVerdict.Wanted:
                await SendAsync(type!, isWanted: true, only: null, cancellation);
                break;
            case RequestVerdict.Nacked:
                _server.OnRejected(_peer, typeUrl, type!.NackMessage!, type.NamedIn(type.NackMessage!));
                break;
            case RequestVerdict.Stale:
                _server.OnStale(_peer, typeUrl);
                break;
            default:
                break;
        }
        if (wasRefused && type?.NackMessage is null)
        {
            _server.OnRecovered(_peer, typeUrl);
        }
        await PushDirtyAsync(cancellation);
    }

    private async ValueTask PushDirtyAsync(CancellationToken cancellation)
    {
        List<Due>? due = null;
        long? announced = null;
        lock (_gate)
        {
            foreach (var type in _variant.Types)
            {
                if (type.IsDirty && !type.IsAwaitingAck)
                {
                    var isWanted = _variant.IsDelta && type.MustAnswer;
                    type.MustAnswer &= !isWanted;
                    (due ??= []).Add(new Due(type, isWanted, type.IsDirtyWhole, type.DirtyNames));

                    // What changes from here on is for the next round: the snapshot is read after this.
                    type.SetClean();
                }
            }
            if (due is not null)
            {
                (announced, _announcedAt) = (_announcedAt, null);
            }
        }
        if (due is null)
        {
            return;
        }
        if (announced is { } since)
        {
            _server.OnQueued(_peer, since);
        }
        due.Sort((a, b) => XdsTypes.PushOrder(a.Type.TypeUrl).CompareTo(XdsTypes.PushOrder(b.Type.TypeUrl)));
        foreach (var (type, isWanted, isWhole, names) in due)
        {
            // Whole says that any resource may differ by what they are all made from; names say which differ by themselves.
            var isSame = !isWhole || await SendAsync(type, isWanted, only: null, cancellation);
            if (isSame && names is { Count: > 0 })
            {
                await SendAsync(type, isWanted: false, names, cancellation);
            }
        }
        NoteConverged();
    }

    // What waits for an acknowledgement still belongs to the change.
    private void NoteConverged()
    {
        long? changed = null;
        lock (_gate)
        {
            if (!_variant.Types.Any(type => type.IsDirty))
            {
                changed = _sentOfChange ? _changedAt : null;
                (_changedAt, _sentOfChange) = (null, false);
            }
        }
        if (changed is { } since)
        {
            _server.OnConverged(_peer, since);
        }
    }

    // Returns true when the source says that what the type's resources have in common is as before: nothing was compared then.
    private async ValueTask<bool> SendAsync(TypeSubscription type, bool isWanted, IReadOnlySet<string>? only, CancellationToken cancellation)
    {
        var started = _server.Time.GetTimestamp();
        if (isWanted)
        {
            lock (_gate)
            {
                type.SetClean();
            }
        }
        var basis = isWanted || only is not null ? null : type.Basis;
        var query = new XdsQuery(type.TypeUrl, type.IsWildcard && only is null, only ?? type.Names.Set, only is not null, basis);
        if (await _server.GenerateAsync(_peer, _proxy, query, cancellation) is not { } set)
        {
            return false;
        }
        if (set.IsUnchanged)
        {
            return true;
        }
        XdsResponse? response;
        lock (_gate)
        {
            response = _variant.Respond(type, set, isWanted, only, (++_nonce).ToString(System.Globalization.CultureInfo.InvariantCulture), _server.Time.GetUtcNow());
            if (only is null)
            {
                type.Basis = set.Basis;
            }
        }
        if (response is not null)
        {
            var made = _server.Time.GetTimestamp();
            await _exchange.WriteAsync(response, cancellation);
            _sentOfChange = true;
            _server.OnPushed(_peer, TypeUrls.ShortName(type.TypeUrl), type.TypeUrl, response.Count, response.Size, started, made);
        }
        return false;
    }

    /// <summary>What a type is to be looked at for.</summary>
    private readonly record struct Due(TypeSubscription Type, bool IsWanted, bool IsWhole, IReadOnlySet<string>? Names);
}
