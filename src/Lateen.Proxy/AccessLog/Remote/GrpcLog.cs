using Envoy.Config.Core.V3;
using Envoy.Data.Accesslog.V3;
using Envoy.Service.Accesslog.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Lateen.Net.Http1;
using Lateen.Proxy.Export;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog.Remote;

/// <summary>Entries for an access log service (envoy.service.accesslog.v3): of requests, or of connections.</summary>
/// <param name="queue">Entries on their way; each an HTTPAccessLogEntry or a TCPAccessLogEntry.</param>
/// <param name="isHttp">Requests.</param>
/// <param name="headers">Fields that are logged beside those that always are.</param>
internal sealed class GrpcLog(ExportQueue<IMessage> queue, bool isHttp, GrpcLogHeaders headers) : IRemoteLog
{
    public const string Method = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

    public void Add(StreamInfo info, ProxyWorker worker) => queue.Add(isHttp ? Request(info) : Connection(info));

    /// <summary>A batch as one StreamAccessLogsMessage, which begins (and ends) a stream of its own.</summary>
    public static byte[] Write(IReadOnlyList<IMessage> entries, Node node, string name)
    {
        StreamAccessLogsMessage message = new() { Identifier = new() { Node = node, LogName = name } };
        if (entries[0] is HTTPAccessLogEntry)
        {
            message.HttpLogs = new();
            message.HttpLogs.LogEntry.AddRange(entries.OfType<HTTPAccessLogEntry>());
        }
        else
        {
            message.TcpLogs = new();
            message.TcpLogs.LogEntry.AddRange(entries.OfType<TCPAccessLogEntry>());
        }
        return message.ToByteArray();
    }

    private static TCPAccessLogEntry Connection(StreamInfo info) => new()
    {
        CommonProperties = GrpcLogCommon.Of(info, AccessLogType.TcpConnectionEnd),
        ConnectionProperties = new() { ReceivedBytes = (ulong)info.BodyBytesIn, SentBytes = (ulong)info.BodyBytesOut },
    };

    private HTTPAccessLogEntry Request(StreamInfo info)
    {
        HTTPAccessLogEntry entry = new()
        {
            CommonProperties = GrpcLogCommon.Of(info, AccessLogType.DownstreamEnd),
            ProtocolVersion = info.DownstreamProtocol switch
            {
                Http.HttpProtocol.Http10 => HTTPAccessLogEntry.Types.HTTPVersion.Http10,
                Http.HttpProtocol.Http11 => HTTPAccessLogEntry.Types.HTTPVersion.Http11,
                Http.HttpProtocol.Http2 => HTTPAccessLogEntry.Types.HTTPVersion.Http2,
                _ => HTTPAccessLogEntry.Types.HTTPVersion.ProtocolUnspecified,
            },
            Response = new()
            {
                ResponseCode = (uint)info.ResponseCode,
                ResponseHeadersBytes = (ulong)(info.ResponseHead?.ForwardedBytes ?? 0),
                ResponseBodyBytes = (ulong)info.BodyBytesOut,
                ResponseCodeDetails = info.Details ?? "",
            },
        };
        if (info.RequestHead is { } head)
        {
            entry.Request = new()
            {
                RequestMethod = Enum.TryParse(Text(head.Method), ignoreCase: true, out RequestMethod method) ? method : RequestMethod.MethodUnspecified,
                Scheme = info.DownstreamTls is null ? "http" : "https",
                Authority = Text(info.Authority),
                Path = Text(head.Target),
                UserAgent = Text(head.Get(HttpField.UserAgent)),
                Referer = Field(head, "referer"u8),
                ForwardedFor = Text(head.Get(HttpField.XForwardedFor)),
                RequestId = Text(head.Get(HttpField.XRequestId)),
                OriginalPath = Text(head.Get(HttpField.XEnvoyOriginalPath)),
                RequestHeadersBytes = (ulong)head.ReceivedBytes,
                RequestBodyBytes = (ulong)info.BodyBytesIn,
            };
            Copy(head, headers.Request, entry.Request.RequestHeaders);
        }
        Copy(info.ResponseHead, headers.Response, entry.Response.ResponseHeaders);
        Copy(info.ResponseTrailers, headers.Trailers, entry.Response.ResponseTrailers);
        return entry;
    }

    private static void Copy(MessageHead? head, byte[][] names, MapField<string, string> target)
    {
        foreach (byte[] name in names)
        {
            if (head is not null && head.TryGet(name, out ReadOnlySpan<byte> value))
            {
                target[Text(name)] = Text(value);
            }
        }
    }

    private static string Field(MessageHead head, ReadOnlySpan<byte> name) => head.TryGet(name, out ReadOnlySpan<byte> value) ? Text(value) : "";

    // What is no UTF-8 could not be sent: protobuf strings are.
    private static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}

/// <summary>additional_request_headers_to_log and its like, in lower case.</summary>
internal sealed record GrpcLogHeaders(byte[][] Request, byte[][] Response, byte[][] Trailers);
