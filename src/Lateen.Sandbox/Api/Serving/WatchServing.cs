using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Streams changes of one collection as JSON events, one per line.</summary>
/// <remarks>
/// Kubernetes API concepts, "Efficient detection of changes": ADDED, MODIFIED, DELETED, BOOKMARK and ERROR. A watch that can
/// not resume, or that reads too slowly, gets an ERROR with code 410 and ends; the client lists again.
/// </remarks>
internal sealed class WatchServing(ObjectStore store, ObjectReader reader, TimeProvider time, CancellationToken stopping)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(45);
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);

    public async Task WatchAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var selectors = Selectors.Parse(
            request.Query.GetValueOrDefault("labelSelector"),
            JoinFields(request.Query.GetValueOrDefault("fieldSelector"), request.Target.Name),
            request.Resource);
        var output = new EventWriter(request, reader.Serializer(request, context), context.Response.BodyWriter);
        var from = request.Query.GetValueOrDefault("resourceVersion") ?? "";
        var (watch, present) = Open(request, from);
        context.Response.ContentType = "application/json;stream=watch";
        await context.Response.StartAsync(cancel);
        if (watch is null)
        {
            output.Error(ApiException.Expired($"too old resource version: {from} ({store.Version})"));
            await output.FlushAsync(cancel);
            return;
        }

        using (watch)
        using (var deadline = Deadline(request, cancel))
        {
            foreach (var obj in present.Items.Where(o => selectors.Matches(o.Root)))
            {
                output.Event("ADDED", obj);
            }

            if (request.IsTrue("sendInitialEvents") && request.IsTrue("allowWatchBookmarks"))
            {
                output.Bookmark(present.ResourceVersion, endsInitialEvents: true);
            }

            await output.FlushAsync(cancel);
            await PumpAsync(watch, selectors, output, request.IsTrue("allowWatchBookmarks"), deadline.Token);
        }
    }

    private async Task PumpAsync(StoreWatch watch, Selectors selectors, EventWriter output, bool bookmarks, CancellationToken cancel)
    {
        using var ticker = new PeriodicTimer(BookmarkInterval, time);
        var tick = ticker.WaitForNextTickAsync(cancel).AsTask();
        try
        {
            while (true)
            {
                var more = watch.Events.WaitToReadAsync(cancel).AsTask();
                while (!more.IsCompleted && await Task.WhenAny(more, tick) == tick)
                {
                    await tick;
                    tick = ticker.WaitForNextTickAsync(cancel).AsTask();
                    await BookmarkAsync(watch, selectors, output, bookmarks, cancel);
                }

                if (!await more)
                {
                    return;
                }

                Drain(watch, selectors, output);
                await output.FlushAsync(cancel);
            }
        }
        catch (WatchOverflowException problem)
        {
            output.Error(ApiException.Expired(problem.Message));
            await output.FlushAsync(CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // The watch's own deadline, the client's departure or the server's end: the stream just ends.
        }
    }

    private async Task BookmarkAsync(StoreWatch watch, Selectors selectors, EventWriter output, bool wanted, CancellationToken cancel)
    {
        // The version is read before the queue is drained, so that nothing up to it is still unsent.
        var version = store.Version;
        Drain(watch, selectors, output);
        if (wanted)
        {
            output.Bookmark(version, endsInitialEvents: false);
        }

        await output.FlushAsync(cancel);
    }

    /// <summary>A change is seen through the selector: entering it is an addition, leaving it a deletion.</summary>
    private static void Drain(StoreWatch watch, Selectors selectors, EventWriter output)
    {
        while (watch.Events.TryRead(out var change))
        {
            var before = change.Previous is { } previous && selectors.Matches(previous.Root);
            var after = change.Kind != StoreEventKind.Deleted && selectors.Matches(change.Object.Root);
            switch (before, after)
            {
                case (false, true):
                    output.Event("ADDED", change.Object);
                    break;
                case (true, true):
                    output.Event("MODIFIED", change.Object);
                    break;
                case (true, false):
                    output.Event("DELETED", change.Object);
                    break;
            }
        }
    }

    private static string JoinFields(string? fields, string name) =>
        name.Length == 0 ? fields ?? "" : string.Join(',', new[] { fields, "metadata.name=" + name }.Where(f => !string.IsNullOrEmpty(f)));

    private (StoreWatch? Watch, StoreList Present) Open(ApiRequest request, string from)
    {
        var (resource, ns) = (request.Resource.GroupResource, ObjectReader.Scope(request));
        if (from is "" or "0" || request.IsTrue("sendInitialEvents"))
        {
            var (present, watch) = store.ListAndWatch(resource, ns);
            return (watch, present);
        }

        if (!long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            throw ApiException.BadRequest($"Invalid value: \"{from}\": resourceVersion has to be one that this server gave");
        }

        var nothing = new StoreList([], version);
        return (version > store.Version ? null : store.Watch(resource, ns, version), nothing);
    }

    private CancellationTokenSource Deadline(ApiRequest request, CancellationToken cancel)
    {
        var timeout = long.TryParse(request.Query.GetValueOrDefault("timeoutSeconds"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, 24 * 3600))
            : DefaultTimeout;
        var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
        ends.CancelAfter(timeout);
        return ends;
    }

    private sealed class EventWriter(ApiRequest request, ObjectSerializer serializer, System.IO.Pipelines.PipeWriter output)
    {
        private bool _columnsSent;

        public void Event(string type, StoredObject obj)
        {
            Text($"{{\"type\":\"{type}\",\"object\":");
            serializer.WriteObject(output, obj, withColumns: !_columnsSent);
            _columnsSent = true;
            Text("}\n");
        }

        public void Bookmark(long version, bool endsInitialEvents)
        {
            var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
            if (endsInitialEvents)
            {
                metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
            }

            var obj = new JsonObject { ["kind"] = request.Resource.Kind, ["apiVersion"] = request.Resource.ApiVersion, ["metadata"] = metadata };
            Text("{\"type\":\"BOOKMARK\",\"object\":");
            output.Write(ObjectJson.SerializeNode(obj));
            Text("}\n");
        }

        public void Error(ApiException problem)
        {
            Text("{\"type\":\"ERROR\",\"object\":");
            output.Write(ObjectJson.SerializeNode(problem.ToStatus()));
            Text("}\n");
        }

        public async Task FlushAsync(CancellationToken cancel) => await output.FlushAsync(cancel);

        private void Text(string text) => Encoding.UTF8.GetBytes(text, output);
    }
}
