using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Lateen.Proxy.Export;

namespace Lateen.Proxy.Tracing;

/// <summary>Spans in Zipkin's JSON, version 2 (POST /api/v2/spans).</summary>
internal static class ZipkinSpans
{
    public static Task<string?> SendAsync(ExportClient client, ExportTarget target, IReadOnlyList<SpanRecord> spans, CancellationToken cancellation) =>
        client.PostAsync(target, "application/json", Write(spans), cancellation);

    public static byte[] Write(IReadOnlyList<SpanRecord> spans)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            foreach (SpanRecord span in spans)
            {
                Write(json, span);
            }
            json.WriteEndArray();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, SpanRecord span)
    {
        json.WriteStartObject();
        json.WriteString("traceId", span.TraceHigh == 0 ? Hex(span.TraceLow) : Hex(span.TraceHigh) + Hex(span.TraceLow));
        json.WriteString("id", Hex(span.Id));
        if (span.Parent != 0)
        {
            json.WriteString("parentId", Hex(span.Parent));
        }
        json.WriteString("name", span.Name);
        json.WriteString("kind", span.IsClient ? "CLIENT" : "SERVER");
        json.WriteNumber("timestamp", span.StartMilliseconds * 1000);
        // Zipkin takes 0 for "unknown": a span of less than a millisecond lasts one microsecond.
        json.WriteNumber("duration", Math.Max(span.DurationMilliseconds * 1000, 1));
        json.WriteStartObject("localEndpoint");
        json.WriteString("serviceName", span.Service);
        if (span.LocalAddress.IsValid)
        {
            System.Net.IPEndPoint at = span.LocalAddress.ToIPEndPoint();
            json.WriteString(at.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "ipv4" : "ipv6", at.Address.ToString());
            json.WriteNumber("port", at.Port);
        }
        json.WriteEndObject();
        json.WriteStartObject("tags");
        foreach ((string name, string value) in span.Tags)
        {
            json.WriteString(name, value);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);
}
