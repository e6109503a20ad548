using System.Globalization;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Lateen.Proxy.Health;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.core.v3.HealthCheck to <see cref="HealthCheckConfig"/>.</summary>
internal static class HealthCheckCompiler
{
    public static HealthCheckConfig? Compile(CompileScope scope, Cluster cluster)
    {
        if (cluster.HealthChecks.Count == 0)
        {
            return null;
        }
        if (cluster.HealthChecks.Count > 1)
        {
            scope.Refuse("health_checks[1]", "only one health check per cluster is supported");
        }
        const string path = "health_checks[0]";
        HealthCheck check = cluster.HealthChecks[0];
        if (check.Timeout is null || check.Interval is null || check.HealthyThreshold is null || check.UnhealthyThreshold is null)
        {
            scope.Refuse(path, "timeout, interval, healthy_threshold and unhealthy_threshold must be set");
            return null;
        }
        long interval = Math.Max(1, CompileScope.Milliseconds(check.Interval, 0));
        long unhealthy = CompileScope.Milliseconds(check.UnhealthyInterval, interval);
        long idle = CompileScope.Milliseconds(check.NoTrafficInterval, 60_000);
        HealthCheckConfig config = new()
        {
            TimeoutMilliseconds = Math.Max(1, CompileScope.Milliseconds(check.Timeout, 0)),
            IntervalMilliseconds = interval,
            UnhealthyThreshold = (int)Math.Max(1, check.UnhealthyThreshold.Value),
            HealthyThreshold = (int)Math.Max(1, check.HealthyThreshold.Value),
            UnhealthyIntervalMilliseconds = unhealthy,
            UnhealthyEdgeIntervalMilliseconds = CompileScope.Milliseconds(check.UnhealthyEdgeInterval, unhealthy),
            HealthyEdgeIntervalMilliseconds = CompileScope.Milliseconds(check.HealthyEdgeInterval, interval),
            NoTrafficIntervalMilliseconds = idle,
            NoTrafficHealthyIntervalMilliseconds = CompileScope.Milliseconds(check.NoTrafficHealthyInterval, idle),
            InitialJitterMilliseconds = CompileScope.Milliseconds(check.InitialJitter, 0),
            IntervalJitterMilliseconds = CompileScope.Milliseconds(check.IntervalJitter, 0),
            IntervalJitterPercent = (int)check.IntervalJitterPercent,
        };
        switch (check.HealthCheckerCase)
        {
            case HealthCheck.HealthCheckerOneofCase.HttpHealthCheck:
                return Http(scope, cluster, check.HttpHealthCheck, config, path + ".http_health_check");
            case HealthCheck.HealthCheckerOneofCase.TcpHealthCheck:
                return config with
                {
                    Request = Bytes(scope, check.TcpHealthCheck.Send, path + ".tcp_health_check.send"),
                    Expected = [.. check.TcpHealthCheck.Receive.Select((p, i) => Bytes(scope, p, $"{path}.tcp_health_check.receive[{i}]"))],
                };
            case HealthCheck.HealthCheckerOneofCase.GrpcHealthCheck:
                return config with { Grpc = Grpc(scope, cluster, check.GrpcHealthCheck, path + ".grpc_health_check") };
            default:
                scope.Refuse(path, $"{check.HealthCheckerCase} is not supported: use http_health_check, tcp_health_check or grpc_health_check");
                return null;
        }
    }

    private static GrpcCheckConfig Grpc(CompileScope scope, Cluster cluster, HealthCheck.Types.GrpcHealthCheck grpc, string path)
    {
        if (grpc.ServiceName.Length > 4096)
        {
            scope.Refuse(path + ".service_name", "must have at most 4096 characters");
        }
        return new GrpcCheckConfig(
            grpc.ServiceName, grpc.Authority.Length > 0 ? grpc.Authority : cluster.Name,
            [.. grpc.InitialMetadata.Select(m => (Encoding.ASCII.GetBytes(m.Header.Key.ToLowerInvariant()), Encoding.UTF8.GetBytes(m.Header.Value)))]);
    }

    private static HealthCheckConfig Http(
        CompileScope scope, Cluster cluster, HealthCheck.Types.HttpHealthCheck http, HealthCheckConfig config, string path)
    {
        if (http.CodecClientType == Envoy.Type.V3.CodecClientType.Http2 || http.CodecClientType == Envoy.Type.V3.CodecClientType.Http3)
        {
            scope.Refuse(path + ".codec_client_type", "only HTTP1 is supported");
        }
        if (http.Send is not null || http.Receive.Count > 0)
        {
            scope.Refuse(path, "send and receive are not supported");
        }
        string method = http.Method == RequestMethod.MethodUnspecified ? "GET" : http.Method.ToString().ToUpperInvariant();
        string host = http.Host.Length > 0 ? http.Host : cluster.Name;
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"{method} {http.Path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: Envoy/HC\r\nconnection: close\r\n");
        foreach (HeaderValueOption header in http.RequestHeadersToAdd)
        {
            head.Append(CultureInfo.InvariantCulture, $"{header.Header.Key.ToLowerInvariant()}: {header.Header.Value}\r\n");
        }
        if (http.Path.AsSpan().ContainsAny("\r\n ") || http.Path.Length == 0)
        {
            scope.Refuse(path + ".path", "must be a path without spaces or line ends");
        }
        return config with
        {
            IsHttp = true,
            Request = Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()),
            ExpectedStatuses = http.ExpectedStatuses.Count == 0 ? [(200, 201)] : [.. http.ExpectedStatuses.Select(r => ((int)r.Start, (int)r.End))],
            RetriableStatuses = [.. http.RetriableStatuses.Select(r => ((int)r.Start, (int)r.End))],
            ServiceName = http.ServiceNameMatcher is null ? null : MatcherCompiler.String(scope, http.ServiceNameMatcher, path + ".service_name_matcher"),
        };
    }

    private static byte[] Bytes(CompileScope scope, HealthCheck.Types.Payload? payload, string path)
    {
        switch (payload?.PayloadCase)
        {
            case null or HealthCheck.Types.Payload.PayloadOneofCase.None:
                return [];
            case HealthCheck.Types.Payload.PayloadOneofCase.Binary:
                return payload.Binary.ToByteArray();
            default:
                try
                {
                    return Convert.FromHexString(payload.Text);
                }
                catch (FormatException)
                {
                    scope.Refuse(path + ".text", $"\"{payload.Text}\" is not a string of hexadecimal bytes");
                    return [];
                }
        }
    }
}
