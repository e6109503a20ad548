using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Controllers;

/// <summary>Tells people what happens to an object, as Event objects; the same event again counts up.</summary>
/// <remarks>Callers never wait: at most 1000 events wait to be written, later ones are dropped.</remarks>
internal sealed class EventRecorder(KubernetesClient client, TimeProvider time, ILogger logger)
{
    private const int MaximumRemembered = 4096;

    private readonly Channel<Entry> _entries = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Dictionary<Entry, (string Name, int Count)> _written = [];
    private long _sequence;

    /// <summary>Something went as it should.</summary>
    public void Normal(JsonObject about, string component, string reason, string message, string fieldPath = "") =>
        Write(about, component, "Normal", reason, message, fieldPath);

    /// <summary>Something did not.</summary>
    public void Warning(JsonObject about, string component, string reason, string message, string fieldPath = "") =>
        Write(about, component, "Warning", reason, message, fieldPath);

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (Entry entry in _entries.Reader.ReadAllAsync(cancellation))
            {
                await WriteAsync(entry, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Events not written by now tell of a mesh that is going down.
        }
    }

    private void Write(JsonObject about, string component, string type, string reason, string message, string fieldPath)
    {
        Subject subject = new(about.Text("kind"), about.Text("apiVersion"), ObjectKey.Of(about), about.Uid(), fieldPath);
        _entries.Writer.TryWrite(new Entry(subject, component, type, reason, message));
    }

    private async Task WriteAsync(Entry entry, CancellationToken cancellation)
    {
        string now = Timestamps.Seconds(time.GetUtcNow());
        string ns = entry.Subject.Key.Namespace is { Length: > 0 } own ? own : "default";
        try
        {
            if (_written.TryGetValue(entry, out (string Name, int Count) last))
            {
                JsonObject patch = new() { ["count"] = last.Count + 1, ["lastTimestamp"] = now };
                await client.PatchAsync(ResourceTypes.Events, new ObjectKey(ns, last.Name), PatchKind.Merge, patch, cancellation);
                _written[entry] = (last.Name, last.Count + 1);
                return;
            }

            string name = string.Create(
                CultureInfo.InvariantCulture, $"{entry.Subject.Key.Name}.{time.GetUtcNow().UtcTicks:x}{_sequence++ & 0xff:x2}");
            await client.CreateAsync(ResourceTypes.Events, ns, Event(entry, ns, name, now), cancellation);
            if (_written.Count >= MaximumRemembered)
            {
                _written.Clear();
            }

            _written[entry] = (name, 1);
        }
        catch (KubernetesApiException error)
        {
            _written.Remove(entry);
            ControllerLog.EventLost(logger, entry.Reason, entry.Subject.Key, error.Message);
        }
    }

    private static JsonObject Event(Entry entry, string ns, string name, string now)
    {
        JsonObject involved = new()
        {
            ["kind"] = entry.Subject.Kind,
            ["apiVersion"] = entry.Subject.ApiVersion,
            ["name"] = entry.Subject.Key.Name,
            ["uid"] = entry.Subject.Uid,
        };
        if (entry.Subject.Key.Namespace.Length > 0)
        {
            involved["namespace"] = entry.Subject.Key.Namespace;
        }

        if (entry.Subject.FieldPath.Length > 0)
        {
            involved["fieldPath"] = entry.Subject.FieldPath;
        }

        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["involvedObject"] = involved,
            ["type"] = entry.Type,
            ["reason"] = entry.Reason,
            ["message"] = entry.Message,
            ["source"] = new JsonObject { ["component"] = entry.Component },
            ["reportingComponent"] = entry.Component,
            ["reportingInstance"] = "",
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["count"] = 1,
        };
    }

    private readonly record struct Subject(string Kind, string ApiVersion, ObjectKey Key, string Uid, string FieldPath);

    private readonly record struct Entry(Subject Subject, string Component, string Type, string Reason, string Message);
}
