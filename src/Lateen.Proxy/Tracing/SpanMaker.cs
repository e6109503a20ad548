using System.Globalization;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;

namespace Lateen.Proxy.Tracing;

/// <summary>The spans of a finished request, with Envoy's standard tags (Envoy, "HTTP tracing: what data each trace contains").</summary>
internal static class SpanMaker
{
    public static void Add(TracingConfig config, HttpExchange exchange)
    {
        TraceContext trace = exchange.Trace;
        SpanRecord span = new()
        {
            TraceHigh = trace.TraceHigh,
            TraceLow = trace.TraceLow,
            Id = trace.Span,
            Parent = trace.Parent,
            Name = Name(config, exchange),
            IsClient = config.IsEgress,
            StartMilliseconds = exchange.StartWall,
            DurationMilliseconds = exchange.End - exchange.Start,
            Service = config.ServiceName,
            LocalAddress = exchange.DownstreamLocal,
            IsError = exchange.ResponseCode is 0 or >= 500,
            Tags = Tags(config, exchange),
        };
        config.Queue.Add(span);
        if (trace.Child != 0 && exchange.Host is not null)
        {
            config.Queue.Add(span with
            {
                Id = trace.Child,
                Parent = trace.Span,
                Name = $"router {exchange.Cluster?.Name} egress",
                IsClient = true,
                StartMilliseconds = exchange.StartWall,
            });
        }
    }

    private static string Name(TracingConfig config, HttpExchange exchange)
    {
        if (exchange.SpanName is { } told)
        {
            return told;
        }
        if (exchange.Route is { DecoratorOperation.Length: > 0 } route)
        {
            return Encoding.UTF8.GetString(route.DecoratorOperation);
        }
        return config.IsEgress ? $"egress {Encoding.ASCII.GetString(exchange.Request.Get(HttpField.Host))}" : "ingress";
    }

    private static List<KeyValuePair<string, string>> Tags(TracingConfig config, HttpExchange exchange)
    {
        List<KeyValuePair<string, string>> tags = [];
        MessageHead request = exchange.Request;
        void Put(string name, string value) => tags.Add(new(name, value));
        void PutField(string name, ReadOnlySpan<byte> field, string otherwise)
        {
            request.TryGet(field, out ReadOnlySpan<byte> value);
            if (!value.IsEmpty || otherwise.Length > 0)
            {
                Put(name, value.IsEmpty ? otherwise : Encoding.UTF8.GetString(value));
            }
        }
        string Operator(string name) => Render(LogOperators.Parse(name, out _)!.Write, exchange, "-");

        PutField("guid:x-request-id", "x-request-id"u8, "");
        Put("http.url", Url(config, request));
        Put("http.method", Encoding.ASCII.GetString(request.Method));
        PutField("downstream_cluster", "x-envoy-downstream-service-cluster"u8, "-");
        PutField("user_agent", "user-agent"u8, "-");
        Put("http.protocol", Operator("PROTOCOL"));
        Put("peer.address", Operator("DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT"));
        PutField("guid:x-client-trace-id", "x-client-trace-id"u8, "");
        if (exchange.IsGrpc)
        {
            Put("grpc.path", Encoding.UTF8.GetString(request.Target));
            PutField("grpc.authority", "host"u8, "");
            PutField("grpc.content_type", "content-type"u8, "");
            PutField("grpc.timeout", "grpc-timeout"u8, "");
            if (exchange.GrpcStatus >= 0)
            {
                Put("grpc.status_code", exchange.GrpcStatus.ToString(CultureInfo.InvariantCulture));
            }
        }
        Put("request_size", exchange.BodyBytesIn.ToString(CultureInfo.InvariantCulture));
        Put("response_size", exchange.BodyBytesOut.ToString(CultureInfo.InvariantCulture));
        Put("component", "proxy");
        if (exchange.Cluster is { } cluster)
        {
            Put("upstream_cluster", cluster.Name);
            Put("upstream_cluster.name", cluster.Config?.ObservabilityName ?? cluster.Name);
        }
        Put("http.status_code", exchange.ResponseCode.ToString(CultureInfo.InvariantCulture));
        Put("response_flags", exchange.Flags.ToText());
        if (exchange.ResponseCode is 0 or >= 500)
        {
            Put("error", "true");
        }
        foreach ((string name, LogValue value, string otherwise) in config.CustomTags)
        {
            if (Render(value, exchange, otherwise) is { Length: > 0 } text)
            {
                Put(name, text);
            }
        }
        return tags;
    }

    private static string Url(TracingConfig config, MessageHead request)
    {
        string path = Encoding.UTF8.GetString(request.Has(HttpField.XEnvoyOriginalPath) ? request.Get(HttpField.XEnvoyOriginalPath) : request.Target);
        string scheme = request.Has(HttpField.XForwardedProto) ? Encoding.ASCII.GetString(request.Get(HttpField.XForwardedProto)) : "http";
        return $"{scheme}://{Encoding.ASCII.GetString(request.Get(HttpField.Host))}{(path.Length > config.MaximumPathLength ? path[..config.MaximumPathLength] : path)}";
    }

    private static string Render(LogValue value, HttpExchange exchange, string otherwise)
    {
        LogWriter writer = new(stackalloc byte[1024]);
        value(ref writer, exchange, exchange.Worker);
        return writer.Length > 0 ? Encoding.UTF8.GetString(writer.Written) : otherwise;
    }
}
