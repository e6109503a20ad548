using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.Grpc.V3;
using Envoy.Extensions.AccessLoggers.OpenTelemetry.V3;
using Google.Protobuf;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.AccessLog.Remote;
using Lateen.Proxy.Export;
using Opentelemetry.Proto.Common.V1;
using KeyValue = Opentelemetry.Proto.Common.V1.KeyValue;

namespace Lateen.Proxy.Compile;

/// <summary>Access loggers that send: OpenTelemetry and Envoy's own access log service, both by gRPC to a cluster.</summary>
internal static class RemoteLogCompiler
{
    public static IRemoteLog? Otlp(CompileScope scope, OpenTelemetryAccessLogConfig? config, string path)
    {
        if (config is null || Target(scope, config.CommonConfig, OtlpLog.Method, path + ".common_config") is not { } target)
        {
            return null;
        }
        byte[] resource = Resource(scope, config);
        ExportQueue<byte[]> queue = scope.Host.Exporters.OtlpLogs(Key(config.CommonConfig, resource), target, resource);
        return new OtlpLog(
            queue, config.Body is null ? null : Template(scope, config.Body, path + ".body"),
            [.. (config.Attributes?.Values ?? []).Select((a, i) => (a.Key, Template(scope, a.Value ?? new(), $"{path}.attributes.values[{i}]")))]);
    }

    public static IRemoteLog? Http(CompileScope scope, HttpGrpcAccessLogConfig? config, string path) =>
        Grpc(scope, config?.CommonConfig, isHttp: true, path, new GrpcLogHeaders(
            Names(config?.AdditionalRequestHeadersToLog), Names(config?.AdditionalResponseHeadersToLog), Names(config?.AdditionalResponseTrailersToLog)));

    public static IRemoteLog? Tcp(CompileScope scope, TcpGrpcAccessLogConfig? config, string path) =>
        Grpc(scope, config?.CommonConfig, isHttp: false, path, new GrpcLogHeaders([], [], []));

    private static GrpcLog? Grpc(CompileScope scope, CommonGrpcAccessLogConfig? common, bool isHttp, string path, GrpcLogHeaders headers)
    {
        if (Target(scope, common, GrpcLog.Method, path + ".common_config") is not { } target)
        {
            return null;
        }
        Node node = scope.Host.Node;
        string name = common!.LogName;
        string key = Key(common, Encoding.ASCII.GetBytes(isHttp ? "http" : "tcp"));
        return new GrpcLog(scope.Host.Exporters.GrpcLogs(key, target, entries => GrpcLog.Write(entries, node, name)), isHttp, headers);
    }

    private static ExportTarget? Target(CompileScope scope, CommonGrpcAccessLogConfig? common, string method, string path)
    {
        if (common?.GrpcService?.EnvoyGrpc is not { ClusterName.Length: > 0 } grpc)
        {
            scope.Refuse(path + ".grpc_service", "envoy_grpc.cluster_name must be set: other gRPC clients are not supported");
            return null;
        }
        return ExportTarget.Of(scope.Host, grpc.ClusterName, grpc.Authority, method);
    }

    // Loggers that would send the same to the same place share a queue, and with it their batches.
    private static string Key(CommonGrpcAccessLogConfig common, byte[] more) =>
        $"{common.LogName}.{common.GrpcService.EnvoyGrpc.ClusterName}.{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(more).AsSpan(0, 4))}";

    private static byte[] Resource(CompileScope scope, OpenTelemetryAccessLogConfig config)
    {
        OtlpWriter resource = new();
        if (!config.DisableBuiltinLabels)
        {
            Node node = scope.Host.Node;
            resource.Attribute(1, "log_name", config.CommonConfig.LogName).Attribute(1, "zone_name", node.Locality?.Zone ?? "")
                .Attribute(1, "cluster_name", node.Cluster).Attribute(1, "node_name", node.Id);
        }
        foreach (KeyValue attribute in config.ResourceAttributes?.Values ?? [])
        {
            resource.Bytes(1, attribute.ToByteArray());
        }
        return resource.ToArray();
    }

    private static OtlpTemplate Template(CompileScope scope, AnyValue value, string path)
    {
        switch (value.ValueCase)
        {
            case AnyValue.ValueOneofCase.StringValue:
                if (LogFormat.Parse(value.StringValue, omitEmpty: false, out string? error) is { } format)
                {
                    return new OtlpTemplate.Text(format);
                }
                scope.Refuse(path + ".string_value", error!);
                return new OtlpTemplate.Fixed(value);
            case AnyValue.ValueOneofCase.ArrayValue:
                return new OtlpTemplate.List([.. value.ArrayValue.Values.Select((v, i) => Template(scope, v, $"{path}.array_value.values[{i}]"))]);
            case AnyValue.ValueOneofCase.KvlistValue:
                return new OtlpTemplate.Map(
                    [.. value.KvlistValue.Values.Select((v, i) => (v.Key, Template(scope, v.Value ?? new(), $"{path}.kvlist_value.values[{i}]")))]);
            default:
                return new OtlpTemplate.Fixed(value);
        }
    }

    private static byte[][] Names(IEnumerable<string>? names) => [.. (names ?? []).Select(n => Encoding.ASCII.GetBytes(n.ToLowerInvariant()))];
}
