using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Reads the body of a watch: one JSON event per line (Kubernetes API concepts, "Efficient detection of changes").</summary>
internal static class WatchStream
{
    // etcd refuses objects above 1.5 MiB; a line far beyond that is not an event.
    private const int MaximumLine = 32 << 20;

    /// <summary>The events in order, until the stream ends.</summary>
    /// <param name="request">What was asked, for messages.</param>
    /// <exception cref="KubernetesApiException">An ERROR event, a line that is no event, or a broken stream.</exception>
    public static async IAsyncEnumerable<WatchEvent> ReadAsync(
        Stream body, string request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        PipeReader reader = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 16384));
        try
        {
            while (true)
            {
                ReadResult read = await FillAsync(reader, request, cancellation);
                ReadOnlySequence<byte> rest = read.Buffer;
                while (TakeLine(ref rest) is { } line)
                {
                    if (!line.IsEmpty)
                    {
                        yield return Event(line, request);
                    }
                }

                if (read.IsCompleted)
                {
                    yield break;
                }

                if (rest.Length > MaximumLine)
                {
                    throw Broken(request, $"an event is longer than {MaximumLine >> 20} MiB", null);
                }

                reader.AdvanceTo(rest.Start, read.Buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static async ValueTask<ReadResult> FillAsync(PipeReader reader, string request, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadAsync(cancellation);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw Broken(request, $"the watch broke off: {error.Message}", error);
        }
    }

    private static ReadOnlySequence<byte>? TakeLine(ref ReadOnlySequence<byte> rest)
    {
        if (rest.PositionOf((byte)'\n') is not { } end)
        {
            return null;
        }

        ReadOnlySequence<byte> line = rest.Slice(0, end);
        rest = rest.Slice(rest.GetPosition(1, end));
        return line;
    }

    private static WatchEvent Event(ReadOnlySequence<byte> line, string request)
    {
        JsonNode? parsed;
        try
        {
            Utf8JsonReader json = new(line);
            parsed = JsonNode.Parse(ref json);
        }
        catch (JsonException error)
        {
            throw Broken(request, $"a line of the watch is not JSON: {error.Message}", error);
        }

        string kind = parsed.Text("type");
        if (parsed.At("object") is not JsonObject value)
        {
            throw Broken(request, $"a watch event of type '{kind}' holds no object", null);
        }

        // The object stays attached to the event's node; a detached one can be put into another document.
        ((JsonObject)parsed!).Remove("object");
        return kind switch
        {
            "ADDED" => new WatchEvent(WatchEventKind.Added, value),
            "MODIFIED" => new WatchEvent(WatchEventKind.Modified, value),
            "DELETED" => new WatchEvent(WatchEventKind.Deleted, value),
            "BOOKMARK" => new WatchEvent(WatchEventKind.Bookmark, value),
            "ERROR" => throw new KubernetesApiException(request, KubernetesStatus.From(value, 500)),
            _ => throw Broken(request, $"unknown watch event type '{kind}'", null),
        };
    }

    private static KubernetesApiException Broken(string request, string message, Exception? inner) =>
        new(request, new KubernetesStatus(0, "", message), inner) { IsBrokenOff = true };
}
