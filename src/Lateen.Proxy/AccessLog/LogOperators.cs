using System.Globalization;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Http;

namespace Lateen.Proxy.AccessLog;

/// <summary>The command operators by name (Envoy, "Access logging: command operators"), and our own <c>%WHY%</c>.</summary>
internal static class LogOperators
{
    private static readonly Dictionary<string, LogOperator> Plain = MakePlain();

    // Known to Envoy; nothing here can give them a value: no QUIC, no virtual clusters, no WebAssembly state.
    private static readonly string[] Absent =
    [
        "DOWNSTREAM_HANDSHAKE_DURATION", "ROUNDTRIP_DURATION", "VIRTUAL_CLUSTER_NAME", "UPSTREAM_METADATA",
        "UPSTREAM_FILTER_STATE",
    ];

    /// <summary>Parses what stands between two percent signs; null with the reason when there is no such operator.</summary>
    public static LogOperator? Parse(string text, out string? error)
    {
        error = null;
        int maximum = int.MaxValue;
        int open = text.IndexOf('(', StringComparison.Ordinal);
        int close = text.LastIndexOf(')');
        string name = open < 0 ? text : text[..open];
        string? argument = open < 0 || close < open ? null : text[(open + 1)..close];
        string rest = open < 0 ? "" : close < open ? "?" : text[(close + 1)..];
        if (open < 0 && name.LastIndexOf(':') is > 0 and var colon)
        {
            (rest, name) = (name[colon..], name[..colon]);
        }
        if (rest.Length > 0 && !(rest[0] == ':' && int.TryParse(rest.AsSpan(1), CultureInfo.InvariantCulture, out maximum)))
        {
            error = "expected NAME, NAME(argument) or NAME(argument):length";
            return null;
        }
        switch (name)
        {
            case "REQ" or "RESP" or "TRAILER" or "REQ_WITHOUT_QUERY" when !string.IsNullOrEmpty(argument):
                return Header(name, argument, maximum);
            case "START_TIME" when argument is not null:
                return new LogOperator(StartTime.Compile(argument), false, maximum);
            case "GRPC_STATUS":
                return GrpcStatusText.Operator(argument ?? "CAMEL_STRING", maximum);
            case "GRPC_STATUS_NUMBER":
                return GrpcStatusText.Operator("NUMBER", maximum);
            case "ENVIRONMENT" when !string.IsNullOrEmpty(argument):
                return new LogOperator((ref LogWriter w, StreamInfo _, Workers.ProxyWorker worker) => w.Put(worker.Environment.GetValueOrDefault(argument)), false, maximum);
            case "HOSTNAME":
                return LogOperator.Literal(Environment.MachineName);
            case "METADATA" or "CLUSTER_METADATA" or "DYNAMIC_METADATA" when !string.IsNullOrEmpty(argument):
                return MetadataOperator.Parse(name, argument, maximum);
            case "FILTER_STATE" when !string.IsNullOrEmpty(argument):
                return FilterStateOperator.Parse(argument, maximum);
        }
        if (TlsOperators.Find(name, argument, maximum) is { } tls)
        {
            return tls;
        }
        if (Plain.TryGetValue(name, out LogOperator? found))
        {
            return maximum == int.MaxValue ? found : new LogOperator(found.Write, found.IsNumber, maximum);
        }
        if (Array.IndexOf(Absent, name) >= 0)
        {
            return new LogOperator(static (ref LogWriter _, StreamInfo _, Workers.ProxyWorker _) => { });
        }
        error = "unknown operator";
        return null;
    }

    private static LogOperator Header(string kind, string argument, int maximum)
    {
        int mark = argument.IndexOf('?', StringComparison.Ordinal);
        byte[] first = Encoding.ASCII.GetBytes((mark < 0 ? argument : argument[..mark]).ToLowerInvariant());
        byte[] second = mark < 0 ? [] : Encoding.ASCII.GetBytes(argument[(mark + 1)..].ToLowerInvariant());
        bool cut = kind == "REQ_WITHOUT_QUERY";
        return new LogOperator(
            (ref LogWriter writer, StreamInfo info, Workers.ProxyWorker _) =>
            {
                MessageHead? head = kind switch
                {
                    "RESP" => info.ResponseHead,
                    "TRAILER" => info.ResponseTrailers,
                    _ => info.RequestHead,
                };
                if (head is null)
                {
                    return;
                }
                ReadOnlySpan<byte> value = Value(head, first);
                if (value.IsEmpty && second.Length > 0)
                {
                    value = Value(head, second);
                }
                int query = cut ? value.IndexOf((byte)'?') : -1;
                writer.PutText(query < 0 ? value : value[..query]);
            },
            false,
            maximum);
    }

    private static ReadOnlySpan<byte> Value(MessageHead head, ReadOnlySpan<byte> name)
    {
        if (name[0] != ':')
        {
            head.TryGet(name, out ReadOnlySpan<byte> value);
            return value;
        }
        return name switch
        {
            _ when name.SequenceEqual(":method"u8) => head.Method,
            _ when name.SequenceEqual(":path"u8) => head.Status == 0 ? head.Target : [],
            _ when name.SequenceEqual(":authority"u8) => head.Get(HttpField.Host),
            _ when name.SequenceEqual(":scheme"u8) => head.Get(HttpField.XForwardedProto),
            _ => [],
        };
    }

    private static Dictionary<string, LogOperator> MakePlain()
    {
        Dictionary<string, LogOperator> table = [];
        void Number(string name, Func<StreamInfo, long> value) => table[name] = new LogOperator(
            (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) =>
            {
                long number = value(i);
                if (number >= 0)
                {
                    w.Put(number);
                }
            },
            isNumber: true);
        void Text(string name, LogValue value) => table[name] = new LogOperator(value);
        void Address(string name, Func<StreamInfo, IpEndpoint> value)
        {
            Text(name, (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(value(i)));
            Text(name + "_WITHOUT_PORT", (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.PutAddress(value(i)));
            Number(name.Replace("ADDRESS", "PORT", StringComparison.Ordinal), i => value(i).IsValid ? value(i).Port : -1);
        }

        Text("START_TIME", StartTime.Default);
        Number("DURATION", i => i.End - i.Start);
        Number("REQUEST_DURATION", i => i.LastDownstreamIn < 0 ? -1 : i.LastDownstreamIn - i.Start);
        Number("REQUEST_TX_DURATION", i => i.LastUpstreamOut < 0 ? -1 : i.LastUpstreamOut - i.Start);
        Number("RESPONSE_DURATION", i => i.FirstUpstreamIn < 0 ? -1 : i.FirstUpstreamIn - i.Start);
        Number("RESPONSE_TX_DURATION", i => i.FirstUpstreamIn < 0 ? -1 : i.End - i.FirstUpstreamIn);
        Number("BYTES_RECEIVED", i => i.BodyBytesIn);
        Number("BYTES_SENT", i => i.BodyBytesOut);
        Number("REQUEST_HEADERS_BYTES", i => i.RequestHead?.ReceivedBytes ?? 0);
        Number("RESPONSE_HEADERS_BYTES", i => i.ResponseHead?.ReceivedBytes ?? 0);
        Number("RESPONSE_TRAILERS_BYTES", _ => 0);
        Number("DOWNSTREAM_WIRE_BYTES_SENT", i => i.WireBytesOut);
        Number("DOWNSTREAM_WIRE_BYTES_RECEIVED", i => i.WireBytesIn);
        Number("DOWNSTREAM_HEADER_BYTES_SENT", i => i.WireBytesOut - i.BodyBytesOut);
        Number("DOWNSTREAM_HEADER_BYTES_RECEIVED", i => i.WireBytesIn - i.BodyBytesIn);
        // Towards the upstream, as far as it is known: the request's head as forwarded, the response's as received.
        Number("UPSTREAM_WIRE_BYTES_SENT", i => i.UpstreamLocal.IsValid ? i.BodyBytesIn + (i.RequestHead?.ForwardedBytes ?? 0) : 0);
        Number("UPSTREAM_WIRE_BYTES_RECEIVED", i => i.FirstUpstreamIn < 0 && i.RequestHead is not null ? 0 : i.BodyBytesOut + (i.ResponseHead?.ReceivedBytes ?? 0));
        Number("UPSTREAM_HEADER_BYTES_SENT", i => i.UpstreamLocal.IsValid ? i.RequestHead?.ForwardedBytes ?? 0 : 0);
        Number("UPSTREAM_HEADER_BYTES_RECEIVED", i => i.FirstUpstreamIn < 0 ? 0 : i.ResponseHead?.ReceivedBytes ?? 0);
        Number("RESPONSE_CODE", i => i.ResponseCode);
        Number("UPSTREAM_REQUEST_ATTEMPT_COUNT", i => i.Attempts);
        Number("CONNECTION_ID", i => i.ConnectionId);
        Text("PROTOCOL", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) =>
            w.Put(i.DownstreamProtocol.Name()));
        Text("UPSTREAM_PROTOCOL", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) =>
            w.Put(i.UpstreamProtocol.Name()));
        Text("RESPONSE_FLAGS", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => WriteFlags(ref w, i.Flags));
        Text("RESPONSE_CODE_DETAILS", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.Details));
        Text("CONNECTION_TERMINATION_DETAILS", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.TerminationDetails));
        Text("UPSTREAM_TRANSPORT_FAILURE_REASON", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.TransportFailure));
        Text("UPSTREAM_CLUSTER", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.Cluster is { } c ? c.LogName : []));
        Text("UPSTREAM_HOST", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.Host is { } h ? h.AddressText : []));
        Text("ROUTE_NAME", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.RouteName));
        Text("FILTER_CHAIN_NAME", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.FilterChainName));
        Text("REQUESTED_SERVER_NAME", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.Put(i.ServerName));
        Address("UPSTREAM_REMOTE_ADDRESS", i => i.Host is { } host ? host.Address : default);
        Address("UPSTREAM_LOCAL_ADDRESS", i => i.UpstreamLocal);
        Address("DOWNSTREAM_LOCAL_ADDRESS", i => i.DownstreamLocal);
        Address("DOWNSTREAM_REMOTE_ADDRESS", i => i.DownstreamRemote);
        Address("DOWNSTREAM_DIRECT_REMOTE_ADDRESS", i => i.DownstreamDirect);
        Text("ACCESS_LOG_TYPE", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) =>
            w.Put(i.RequestHead is null ? "TcpConnectionEnd"u8 : "DownstreamEnd"u8));
        Text("STREAM_ID", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) =>
            w.PutText(i.RequestHead is { } head ? head.Get(HttpField.XRequestId) : []));
        Text("LOCAL_REPLY_BODY", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker _) => w.PutText(i.LocalReplyBody));
        Text("WHY", static (ref LogWriter w, StreamInfo i, Workers.ProxyWorker worker) => Why.Explanation.Write(ref w, i, worker));
        return table;
    }

    private static void WriteFlags(ref LogWriter writer, ResponseFlags flags)
    {
        int start = writer.Length;
        if (flags == ResponseFlags.None)
        {
            // In JSON too it is a text, not null.
            writer.Put((byte)'-');
        }
        for (int bit = 1; bit <= (int)ResponseFlags.OM && flags != ResponseFlags.None; bit <<= 1)
        {
            if (((int)flags & bit) != 0)
            {
                if (writer.Length > start)
                {
                    writer.Put((byte)',');
                }
                writer.Put(FlagNames.Of(bit));
            }
        }
    }

    private static class FlagNames
    {
        private static readonly byte[][] Names =
            [.. Enumerable.Range(0, 26).Select(i => Encoding.ASCII.GetBytes(((ResponseFlags)(1 << i)).ToString()))];

        public static ReadOnlySpan<byte> Of(int bit) => Names[System.Numerics.BitOperations.Log2((uint)bit)];
    }
}
