using Lateen.Proxy.Tracing;
using Lateen.Proxy.Views;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Export;

/// <summary>The ways to collectors: one queue per kind and collector, whichever listeners use it; they outlive configuration.</summary>
internal sealed class Exporters(TimeProvider time, ILogger logger, string zipkinAddress) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, object> _queues = [];
    private readonly ExportClient _client = new();

    /// <summary>The bootstrap's Zipkin, null if it names none.</summary>
    public ExportQueue<SpanRecord>? DefaultZipkin() =>
        zipkinAddress.Length == 0 ? null : Zipkin(zipkinAddress, ExportTarget.Of(zipkinAddress, "/api/v2/spans"));

    public ExportQueue<SpanRecord> Zipkin(string name, ExportTarget target) => Queue<SpanRecord>(
        "zipkin", name, target, (to, spans, cancellation) => ZipkinSpans.SendAsync(_client, to, spans, cancellation));

    public ExportQueue<SpanRecord> OtlpSpansByGrpc(string name, ExportTarget target) => Queue<SpanRecord>(
        "opentelemetry", name, target, (to, spans, cancellation) => _client.CallAsync(to, OtlpSpans.Write(spans), cancellation));

    public ExportQueue<SpanRecord> OtlpSpansByHttp(string name, ExportTarget target) => Queue<SpanRecord>(
        "opentelemetry_http", name, target,
        (to, spans, cancellation) => _client.PostAsync(to, "application/x-protobuf", OtlpSpans.Write(spans), cancellation));

    public IReadOnlyList<StatSample> Stats()
    {
        lock (_lock)
        {
            return [.. _queues.Values.OfType<ExportQueue<SpanRecord>>().SelectMany(q => q.Stats())];
        }
    }

    public void Dispose() => _client.Dispose();

    private ExportQueue<T> Queue<T>(
        string kind, string name, ExportTarget target, Func<ExportTarget, IReadOnlyList<T>, CancellationToken, Task<string?>> send)
    {
        lock (_lock)
        {
            string key = $"tracing.{kind}.{name}";
            if (!_queues.TryGetValue(key, out object? queue))
            {
                _queues.Add(key, queue = new ExportQueue<T>(key, target, send, time, logger));
            }
            return (ExportQueue<T>)queue;
        }
    }
}
