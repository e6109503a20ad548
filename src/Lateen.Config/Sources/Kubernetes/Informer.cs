using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Follows all objects of a type: list, then watch from there, resumed as often as it ends.</summary>
/// <remarks>
/// The last resource version seen (bookmarks count) is where a watch goes on that ended or broke off. It is not trusted further than that: a 410, a watch that
/// could not be opened (the server may have come back with another store), and a store that is behind that version all list again; a server would let us wait
/// for a version that it reaches in weeks. After any failure, and a 404 of a type that was listed once, the sink keeps what it has: stale is better than empty.
/// An object that can not be decoded is logged and left at its last good state.
/// </remarks>
/// <typeparam name="T">What the sink holds of an object.</typeparam>
public sealed class Informer<T>
{
    private readonly KubernetesClient _client;
    private readonly ResourceType _type;
    private readonly InformerOptions _options;
    private readonly Func<JsonObject, T> _decode;
    private readonly IInformerSink<T> _sink;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _problem;
    private bool _forbidden;

    /// <summary>Creates an informer; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="decode">Turns an object into what the sink takes; a throw skips this state of the object.</param>
    public Informer(
        KubernetesClient client,
        ResourceType type,
        InformerOptions options,
        Func<JsonObject, T> decode,
        IInformerSink<T> sink,
        TimeProvider time,
        Random random,
        ILogger logger)
    {
        (_client, _type, _options, _decode, _sink, _time, _random, _logger) =
            (client, type, options, decode, sink, time, random, logger);
    }

    /// <summary>Completes after the sink got its first list.</summary>
    public Task HasSynced => _synced.Task;

    /// <summary>Why the objects can not be followed now, and what to do about it; null while they are.</summary>
    public string? Problem => _problem;

    /// <summary>Follows until cancelled; throws nothing else.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        ResourceType type = _type;
        string? version = null;
        bool isListed = false, isResumed = false;
        TimeSpan pause = _options.InitialBackoff;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (version is null || (isResumed && await IsBehindAsync(type, version, cancellation)))
                {
                    version = null;
                    (type, version) = await ListAsync(cancellation);
                }

                isListed = isResumed = true;
                TimeSpan lifetime = _options.WatchLifetime * (1 + _random.NextDouble());
                long start = _time.GetTimestamp();
                await foreach (WatchEvent item in _client.WatchAsync(type, _options.Selector, version, lifetime, cancellation))
                {
                    version = Take(item, version);
                    pause = _options.InitialBackoff;
                }

                // A stream that ends at once, again and again, must not become a tight loop.
                if (_time.GetElapsedTime(start) < TimeSpan.FromSeconds(1))
                {
                    pause = await BackoffAsync(pause, cancellation);
                }
            }
            catch (KubernetesApiException error)
            {
                Fail(error, type, version, isListed);
                version = error.IsBrokenOff ? version : null;
                bool isUnknown = error.IsNotFound && !isListed && _options.UnknownTypePause > pause;
                pause = await BackoffAsync(isUnknown ? _options.UnknownTypePause : pause, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
        }

        _synced.TrySetCanceled(cancellation);
    }

    private void Fail(KubernetesApiException error, ResourceType type, string? version, bool isListed)
    {
        if (error.IsExpired)
        {
            InformerLog.Expired(_logger, type, version ?? "");
        }
        else if (error.IsNotFound && _options.UnknownTypeIsEmpty && !isListed)
        {
            Deliver([]);
        }
        else if (error.IsForbidden)
        {
            _problem = $"{type} may not be listed: grant get, list and watch on them; the API server says: {error.Status.Message}";
            if (!_forbidden)
            {
                // Once: the answer is the same every few seconds until somebody changes the role.
                InformerLog.Forbidden(_logger, type, _options.ForbiddenIsEmpty ? "all else is served without them" : "nothing is served before", error.Status.Message);
            }

            _forbidden = true;
            if (_options.ForbiddenIsEmpty && !isListed && !_synced.Task.IsCompleted)
            {
                Deliver([]);
            }
        }
        else
        {
            // A type that was there is not gone because a server says so that may be starting: its objects would be deleted one by one.
            _problem = $"{type} can not be listed: {error.Message}";
            InformerLog.Failed(_logger, type, error.Message);
        }
    }

    // Kubernetes API concepts, "Resource versions": of one type they only grow, as long as the store is the same.
    private async Task<bool> IsBehindAsync(ResourceType type, string version, CancellationToken cancellation)
    {
        string now = await _client.VersionAsync(type, _options.Selector.Namespace, cancellation);
        return ulong.TryParse(now, NumberStyles.None, CultureInfo.InvariantCulture, out ulong current)
            && ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seen)
            && current < seen;
    }

    private async Task<(ResourceType Type, string Version)> ListAsync(CancellationToken cancellation)
    {
        string store = _options.Gate is { } gate ? await gate.EnterAsync(_type, cancellation) : "";
        var (type, list) = await ListServedAsync(cancellation);
        List<T> items = new(list.Items.Count);
        foreach (JsonObject item in list.Items)
        {
            if (TryDecode(item, out T? decoded))
            {
                items.Add(decoded!);
            }
        }

        _problem = null;
        if (_forbidden)
        {
            _forbidden = false;
            InformerLog.Allowed(_logger, type);
        }

        Deliver(items);
        _options.Gate?.Delivered(_type, store);
        return (type, list.ResourceVersion);
    }

    private async Task<(ResourceType Type, ResourceList List)> ListServedAsync(CancellationToken cancellation)
    {
        try
        {
            return (_type, await _client.ListAsync(_type, _options.Selector, cancellation));
        }
        catch (KubernetesApiException error) when (error.IsNotFound && _options.OlderVersion is not null)
        {
            ResourceType older = _type with { Version = _options.OlderVersion };
            return (older, await _client.ListAsync(older, _options.Selector, cancellation));
        }
    }

    private void Deliver(List<T> items)
    {
        Guard(new ObjectKey("", "*"), () => _sink.Reset(items));
        _synced.TrySetResult();
    }

    private string Take(WatchEvent item, string version)
    {
        switch (item.Kind)
        {
            case WatchEventKind.Added or WatchEventKind.Modified:
                item.Value["kind"] ??= _type.Kind;
                item.Value["apiVersion"] ??= _type.ApiVersion;
                if (TryDecode(item.Value, out T? decoded))
                {
                    Guard(ObjectKey.Of(item.Value), () => _sink.Upsert(decoded!));
                }

                break;
            case WatchEventKind.Deleted:
                ObjectKey key = ObjectKey.Of(item.Value);
                Guard(key, () => _sink.Delete(key));
                break;
        }

        return item.Value.ResourceVersion() is { Length: > 0 } seen ? seen : version;
    }

    private bool TryDecode(JsonObject value, out T? decoded)
    {
        T? result = default;
        bool good = Guard(ObjectKey.Of(value), () => result = _decode(value));
        decoded = result;
        return good;
    }

    // The sink and the decoder are the owner's code: what they throw is a bug to be seen, but it must not stop the stream of the other objects.
    private bool Guard(ObjectKey key, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            InformerLog.Refused(_logger, error, _type, key);
            return false;
        }
    }

    private async Task<TimeSpan> BackoffAsync(TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(pause * (0.5 + (_random.NextDouble() / 2)), _time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The loop sees the cancellation itself.
        }

        TimeSpan next = pause * 2;
        return next < _options.MaximumBackoff ? next : _options.MaximumBackoff;
    }
}
