using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Grpc.V3;
using Envoy.Extensions.AccessLoggers.OpenTelemetry.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using Lateen.Api;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.AccessLog.Remote;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.accesslog.v3.AccessLog: loggers to files, streams and services, with their filters.</summary>
internal static class AccessLogCompiler
{
    public static AccessLogConfig[] Compile(CompileScope scope, IReadOnlyList<Envoy.Config.Accesslog.V3.AccessLog> logs, string path) =>
        [.. logs.Select((log, i) => One(scope, log, $"{path}[{i}]")).OfType<AccessLogConfig>()];

    private static AccessLogConfig? One(CompileScope scope, Envoy.Config.Accesslog.V3.AccessLog log, string path)
    {
        string at = path + ".typed_config";
        string file;
        SubstitutionFormatString? format;
        switch (TypeUrls.MessageName(log.TypedConfig?.TypeUrl ?? ""))
        {
            case "envoy.extensions.access_loggers.file.v3.FileAccessLog":
                FileAccessLog? logger = scope.Unpack(log.TypedConfig, FileAccessLog.Parser, at);
                (file, format) = (logger?.Path ?? "", logger?.LogFormat);
#pragma warning disable CS0612 // format is deprecated but sent by older control planes.
                if (format is null && logger is { Format.Length: > 0 })
                {
                    format = new SubstitutionFormatString { TextFormat = logger.Format };
                }
#pragma warning restore CS0612
                break;
            case "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog":
                (file, format) = ("/dev/stdout", scope.Unpack(log.TypedConfig, StdoutAccessLog.Parser, at)?.LogFormat);
                break;
            case "envoy.extensions.access_loggers.stream.v3.StderrAccessLog":
                (file, format) = ("/dev/stderr", scope.Unpack(log.TypedConfig, StderrAccessLog.Parser, at)?.LogFormat);
                break;
            case "envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig":
                return Remote(scope, log, RemoteLogCompiler.Otlp(scope, scope.Unpack(log.TypedConfig, OpenTelemetryAccessLogConfig.Parser, at), at), path);
            case "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig":
                return Remote(scope, log, RemoteLogCompiler.Http(scope, scope.Unpack(log.TypedConfig, HttpGrpcAccessLogConfig.Parser, at), at), path);
            case "envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig":
                return Remote(scope, log, RemoteLogCompiler.Tcp(scope, scope.Unpack(log.TypedConfig, TcpGrpcAccessLogConfig.Parser, at), at), path);
            default:
                scope.Host.NotYet($"access logger {log.Name}");
                return null;
        }
        (LogFormat? text, JsonLog? json) = LogFormatCompiler.Compile(scope, format, at + ".log_format");
        if (text is null && json is null)
        {
            return null;
        }
        return new AccessLogConfig
        {
            Text = text,
            Json = json,
            File = scope.Host.FileOf(file),
            Filter = Filter(scope, log, path),
        };
    }

    private static AccessLogConfig? Remote(CompileScope scope, Envoy.Config.Accesslog.V3.AccessLog log, IRemoteLog? remote, string path) =>
        remote is null ? null : new AccessLogConfig { Remote = remote, Filter = Filter(scope, log, path) };

    private static LogCondition? Filter(CompileScope scope, Envoy.Config.Accesslog.V3.AccessLog log, string path) =>
        log.Filter is null ? null : AccessLogFilterCompiler.Compile(scope, log.Filter, path + ".filter");
}
