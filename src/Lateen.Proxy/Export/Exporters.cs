using Google.Protobuf;
using Lateen.Proxy.AccessLog.Remote;
using Lateen.Proxy.Tracing;
using Lateen.Proxy.Views;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Export;

/// <summary>The ways to collectors: one queue per kind and collector, whichever listeners use it; they outlive configuration.</summary>
internal sealed class Exporters(TimeProvider time, ILogger logger, string zipkinAddress) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IExportQueue> _queues = [];
    private readonly ExportClient _client = new();

    /// <summary>The bootstrap's Zipkin, null if it names none.</summary>
    public ExportQueue<SpanRecord>? DefaultZipkin() =>
        zipkinAddress.Length == 0 ? null : Zipkin(zipkinAddress, ExportTarget.Of(zipkinAddress, "/api/v2/spans"));

    public ExportQueue<SpanRecord> Zipkin(string name, ExportTarget target) => Queue<SpanRecord>(
        "tracing.zipkin", name, target, (to, spans, cancellation) => ZipkinSpans.SendAsync(_client, to, spans, cancellation));

    public ExportQueue<SpanRecord> OtlpSpansByGrpc(string name, ExportTarget target) => Queue<SpanRecord>(
        "tracing.opentelemetry", name, target, (to, spans, cancellation) => _client.CallAsync(to, OtlpSpans.Write(spans), cancellation));

    public ExportQueue<SpanRecord> OtlpSpansByHttp(string name, ExportTarget target) => Queue<SpanRecord>(
        "tracing.opentelemetry_http", name, target,
        (to, spans, cancellation) => _client.PostAsync(to, "application/x-protobuf", OtlpSpans.Write(spans), cancellation));

    /// <summary>OpenTelemetry log records, each in protobuf.</summary>
    public ExportQueue<byte[]> OtlpLogs(string name, ExportTarget target, byte[] resource) => Queue<byte[]>(
        "access_logs.open_telemetry", name, target, (to, records, cancellation) => _client.CallAsync(to, OtlpLog.Write(records, resource), cancellation));

    /// <summary>Entries for an access log service.</summary>
    public ExportQueue<IMessage> GrpcLogs(string name, ExportTarget target, Func<IReadOnlyList<IMessage>, byte[]> write) => Queue<IMessage>(
        "access_logs.grpc", name, target, (to, entries, cancellation) => _client.CallAsync(to, write(entries), cancellation));

    public IReadOnlyList<StatSample> Stats()
    {
        lock (_lock)
        {
            return [.. _queues.Values.SelectMany(q => q.Stats())];
        }
    }

    public void Dispose() => _client.Dispose();

    private ExportQueue<T> Queue<T>(
        string kind, string name, ExportTarget target, Func<ExportTarget, IReadOnlyList<T>, CancellationToken, Task<string?>> send)
    {
        lock (_lock)
        {
            string key = $"{kind}.{name}";
            if (!_queues.TryGetValue(key, out IExportQueue? queue))
            {
                _queues.Add(key, queue = new ExportQueue<T>(key, target, send, time, logger));
            }
            return (ExportQueue<T>)queue;
        }
    }
}
