using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Filters.Cel.V3;
using Envoy.Extensions.AccessLoggers.Grpc.V3;
using Envoy.Extensions.AccessLoggers.OpenTelemetry.V3;
using Google.Protobuf;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Listeners;

/// <summary>The loggers of extension providers.</summary>
internal static class AccessLoggers
{
    private const string FileName = "envoy.access_loggers.file";

    /// <summary>What Istio's peers tell of themselves, logged where a provider names nothing else.</summary>
    private static readonly string[] PeerState =
        ["wasm.upstream_peer", "wasm.upstream_peer_id", "wasm.downstream_peer", "wasm.downstream_peer_id"];

    /// <summary>Null for a provider that keeps no access log, or whose service is not known.</summary>
    public static AccessLog? Build(ProxyContext context, ExtensionProvider provider) => provider switch
    {
        EnvoyFileAccessLogProvider file => File(file.Path.Length == 0 ? "/dev/stdout" : file.Path, file.TextFormat, file.LabelsJson),
        EnvoyHttpAlsProvider http => Grpc(context, http, "envoy.access_loggers.http_grpc", cluster => new HttpGrpcAccessLogConfig
        {
            CommonConfig = Common(cluster, http.LogName, "http_envoy_accesslog", http.FilterStateObjectsToLog),
            AdditionalRequestHeadersToLog = { http.AdditionalRequestHeadersToLog },
            AdditionalResponseHeadersToLog = { http.AdditionalResponseHeadersToLog },
            AdditionalResponseTrailersToLog = { http.AdditionalResponseTrailersToLog },
        }),
        EnvoyTcpAlsProvider tcp => Grpc(context, tcp, "envoy.access_loggers.tcp_grpc", cluster => new TcpGrpcAccessLogConfig
        {
            CommonConfig = Common(cluster, tcp.LogName, "tcp_envoy_accesslog", tcp.FilterStateObjectsToLog),
        }),
        EnvoyOtelAlsProvider otel => Grpc(context, otel, "envoy.access_loggers.open_telemetry", cluster => new OpenTelemetryAccessLogConfig
        {
            CommonConfig = Common(cluster, otel.LogName, "otel_envoy_accesslog", default),
            Body = new() { StringValue = string.IsNullOrEmpty(otel.TextFormat) ? AccessLogFormats.Default : otel.TextFormat },
            Attributes = Attributes(otel.LabelsJson),
        }),
        _ => null,
    };

    /// <param name="text">Null where the format is JSON.</param>
    /// <param name="labels">Null where it is text.</param>
    public static AccessLog File(string path, string? text, string? labels)
    {
        var format = new SubstitutionFormatString();
        if (labels is not null)
        {
            format.JsonFormat = AccessLogFormats.Json(labels);
            format.Formatters.AddRange(AccessLogFormats.Formatters(labels));
        }
        else
        {
            format.TextFormatSource = new() { InlineString = AccessLogFormats.Text(text ?? "") };
            format.Formatters.AddRange(AccessLogFormats.Formatters(text ?? ""));
        }

        return new() { Name = FileName, TypedConfig = new FileAccessLog { Path = path, LogFormat = format }.Pack() };
    }

    /// <summary>The logger for the calls that an expression (CEL) holds for.</summary>
    public static AccessLog Filtered(AccessLog log, string expression)
    {
        log.Filter = new()
        {
            ExtensionFilter = new()
            {
                Name = "envoy.access_loggers.extension_filters.cel",
                TypedConfig = new ExpressionFilter { Expression = expression }.Pack(),
            },
        };
        return log;
    }

    private static AccessLog? Grpc(ProxyContext context, ServiceProvider provider, string name, Func<string, IMessage> config) =>
        ServiceClusters.Find(context, provider.Service, provider.Port) is { } found
            ? new() { Name = name, TypedConfig = config(found.Cluster).Pack() }
            : null;

    private static CommonGrpcAccessLogConfig Common(string cluster, string name, string fallback, EquatableArray<string> state) => new()
    {
        LogName = name.Length == 0 ? fallback : name,
        GrpcService = new() { EnvoyGrpc = new() { ClusterName = cluster } },
        TransportApiVersion = ApiVersion.V3,
        FilterStateObjectsToLog = { state.IsEmpty ? PeerState : state },
    };

    private static Opentelemetry.Proto.Common.V1.KeyValueList? Attributes(string? labels)
    {
        if (string.IsNullOrEmpty(labels))
        {
            return null;
        }

        var result = new Opentelemetry.Proto.Common.V1.KeyValueList();
        foreach (var (key, value) in AccessLogFormats.Json(labels).Fields.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            result.Values.Add(new Opentelemetry.Proto.Common.V1.KeyValue { Key = key, Value = new() { StringValue = value.StringValue } });
        }

        return result;
    }
}
