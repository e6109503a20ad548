using Google.Protobuf;
using Lateen.Proxy.Export;
using Lateen.Proxy.Workers;
using Opentelemetry.Proto.Common.V1;

namespace Lateen.Proxy.AccessLog.Remote;

/// <summary>Entries as OpenTelemetry log records (envoy.extensions.access_loggers.open_telemetry.v3).</summary>
/// <param name="queue">Entries on their way; each a LogRecord in protobuf.</param>
/// <param name="body">Null: none.</param>
/// <param name="attributes">In the order of the configuration.</param>
internal sealed class OtlpLog(ExportQueue<byte[]> queue, OtlpTemplate? body, (string Key, OtlpTemplate Value)[] attributes) : IRemoteLog
{
    public const string Method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

    public void Add(StreamInfo info, ProxyWorker worker)
    {
        OtlpWriter record = new OtlpWriter().Fixed64(1, (ulong)info.StartWall * 1_000_000);
        if (body is not null)
        {
            record.Bytes(5, body.Render(info, worker).ToByteArray());
        }
        foreach ((string key, OtlpTemplate value) in attributes)
        {
            record.Bytes(6, new KeyValue { Key = key, Value = value.Render(info, worker) }.ToByteArray());
        }
        queue.Add(record.ToArray());
    }

    /// <summary>A batch as ExportLogsServiceRequest.</summary>
    /// <param name="records">Entries in protobuf.</param>
    /// <param name="resource">The Resource message that they come from.</param>
    public static byte[] Write(IReadOnlyList<byte[]> records, byte[] resource)
    {
        OtlpWriter scope = new();
        foreach (byte[] record in records)
        {
            scope.Bytes(2, record);
        }
        return new OtlpWriter().Message(1, new OtlpWriter().Bytes(1, resource).Message(2, scope)).ToArray();
    }
}

/// <summary>An AnyValue whose texts are formats with operators, compiled.</summary>
internal abstract class OtlpTemplate
{
    public abstract AnyValue Render(StreamInfo info, ProxyWorker worker);

    /// <summary>A text with operators.</summary>
    public sealed class Text(LogFormat format) : OtlpTemplate
    {
        public override AnyValue Render(StreamInfo info, ProxyWorker worker) =>
            new() { StringValue = System.Text.Encoding.UTF8.GetString(format.Render(info, worker)) };
    }

    /// <summary>A value as it is.</summary>
    public sealed class Fixed(AnyValue value) : OtlpTemplate
    {
        public override AnyValue Render(StreamInfo info, ProxyWorker worker) => value;
    }

    public sealed class List(OtlpTemplate[] items) : OtlpTemplate
    {
        public override AnyValue Render(StreamInfo info, ProxyWorker worker)
        {
            ArrayValue array = new();
            array.Values.AddRange(items.Select(i => i.Render(info, worker)));
            return new AnyValue { ArrayValue = array };
        }
    }

    public sealed class Map((string Key, OtlpTemplate Value)[] entries) : OtlpTemplate
    {
        public override AnyValue Render(StreamInfo info, ProxyWorker worker)
        {
            KeyValueList list = new();
            list.Values.AddRange(entries.Select(e => new KeyValue { Key = e.Key, Value = e.Value.Render(info, worker) }));
            return new AnyValue { KvlistValue = list };
        }
    }
}
