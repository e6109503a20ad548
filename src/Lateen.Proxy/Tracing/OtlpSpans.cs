using System.Buffers.Binary;
using Lateen.Proxy.Export;

namespace Lateen.Proxy.Tracing;

/// <summary>Spans as opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest.</summary>
internal static class OtlpSpans
{
    public const string GrpcPath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    private const int Server = 2, Client = 3, Error = 2;

    public static byte[] Write(IReadOnlyList<SpanRecord> spans)
    {
        OtlpWriter scope = new();
        scope.Message(1, new OtlpWriter().Text(1, "lateen"));
        foreach (SpanRecord span in spans)
        {
            scope.Message(2, Span(span));
        }
        OtlpWriter resource = new OtlpWriter().Attribute(1, "service.name", spans.Count > 0 ? spans[0].Service : "");
        return new OtlpWriter().Message(1, new OtlpWriter().Message(1, resource).Message(2, scope)).ToArray();
    }

    private static OtlpWriter Span(SpanRecord span)
    {
        Span<byte> trace = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(trace, span.TraceHigh);
        BinaryPrimitives.WriteUInt64BigEndian(trace[8..], span.TraceLow);
        OtlpWriter message = new OtlpWriter().Bytes(1, trace).Bytes(2, Id(span.Id));
        if (span.Parent != 0)
        {
            message.Bytes(4, Id(span.Parent));
        }
        ulong start = (ulong)span.StartMilliseconds * 1_000_000;
        message.Text(5, span.Name).Number(6, span.IsClient ? (ulong)Client : Server)
            .Fixed64(7, start).Fixed64(8, start + ((ulong)span.DurationMilliseconds * 1_000_000));
        foreach ((string name, string value) in span.Tags)
        {
            message.Attribute(9, name, value);
        }
        return span.IsError ? message.Message(15, new OtlpWriter().Number(3, Error)) : message;
    }

    private static byte[] Id(ulong id)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        return bytes;
    }
}
