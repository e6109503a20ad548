using System.Diagnostics;
using System.Net;
using Envoy.Data.Accesslog.V3;
using Envoy.Extensions.AccessLoggers.Grpc.V3;
using Envoy.Extensions.AccessLoggers.OpenTelemetry.V3;
using Envoy.Service.Accesslog.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Tests.Proxy.Tls;
using Opentelemetry.Proto.Common.V1;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.AccessLog;

/// <summary>Access logs sent to a real gRPC server (Debian's python3-grpcio), which tells what it got.</summary>
public sealed class RemoteLogTests
{
    // Any method; prints its name and the message in hexadecimal, one line for each.
    private const string Collector = """
        import sys
        from concurrent import futures
        import grpc

        class Any(grpc.GenericRpcHandler):
            def service(self, details):
                def stream(requests, context):
                    for request in requests:
                        print(details.method, request.hex(), flush=True)
                    return b""
                return grpc.stream_unary_rpc_method_handler(stream)

        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((Any(),))
        print("ready", server.add_insecure_port("127.0.0.1:0"), flush=True)
        server.start()
        sys.stdin.read()
        server.stop(0)
        """;

    [Fact]
    public async Task AccessLogService_GetsRequestsWithTheFieldsAskedFor()
    {
        HttpGrpcAccessLogConfig config = new() { CommonConfig = Common(), AdditionalRequestHeadersToLog = { "X-Extra" } };
        string[] line = await LoggedAsync("envoy.access_loggers.http_grpc", config);

        line[0].ShouldBe("/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs");
        StreamAccessLogsMessage message = StreamAccessLogsMessage.Parser.ParseFrom(Convert.FromHexString(line[1]));
        message.Identifier.LogName.ShouldBe("mine");
        HTTPAccessLogEntry entry = message.HttpLogs.LogEntry.ShouldHaveSingleItem();
        entry.Request.Path.ShouldBe("/a?b=c");
        entry.Request.Authority.ShouldBe("web");
        entry.Request.RequestMethod.ShouldBe(Envoy.Config.Core.V3.RequestMethod.Get);
        entry.Request.RequestHeaders.ShouldContainKeyAndValue("x-extra", "yes");
        entry.Response.ResponseCode!.Value.ShouldBe(200u);
        entry.Response.ResponseBodyBytes.ShouldBe(5ul);
        entry.CommonProperties.UpstreamCluster.ShouldBe("backend");
        entry.CommonProperties.DownstreamRemoteAddress.SocketAddress.Address.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task OpenTelemetry_GetsRecordsWithBodyAndAttributes()
    {
        OpenTelemetryAccessLogConfig config = new()
        {
            CommonConfig = Common(),
            Body = new() { StringValue = "%REQ(:METHOD)% %RESPONSE_CODE%" },
            Attributes = new() { Values = { new KeyValue { Key = "path", Value = new() { StringValue = "%REQ(:PATH)%" } } } },
            ResourceAttributes = new() { Values = { new KeyValue { Key = "team", Value = new() { StringValue = "blue" } } } },
        };
        string[] line = await LoggedAsync("envoy.access_loggers.open_telemetry", config);

        line[0].ShouldBe("/opentelemetry.proto.collector.logs.v1.LogsService/Export");
        // resource_logs(1) > resource(1) > attributes(1); scope_logs(2) > log_records(2) > time(1), body(5), attributes(6).
        List<(int Field, byte[] Value)> resourceLogs = Fields(Fields(Convert.FromHexString(line[1])).Single(f => f.Field == 1).Value);
        Fields(resourceLogs.Single(f => f.Field == 1).Value).Select(a => KeyValue.Parser.ParseFrom(a.Value)).ShouldContain(a => a.Key == "team" && a.Value.StringValue == "blue");
        Fields(resourceLogs.Single(f => f.Field == 1).Value).Select(a => KeyValue.Parser.ParseFrom(a.Value)).ShouldContain(a => a.Key == "log_name" && a.Value.StringValue == "mine");
        List<(int Field, byte[] Value)> record = Fields(Fields(resourceLogs.Single(f => f.Field == 2).Value).Single(f => f.Field == 2).Value);
        AnyValue.Parser.ParseFrom(record.Single(f => f.Field == 5).Value).StringValue.ShouldBe("GET 200");
        KeyValue.Parser.ParseFrom(record.Single(f => f.Field == 6).Value).ShouldBe(new KeyValue { Key = "path", Value = new() { StringValue = "/a?b=c" } });
        BitConverter.ToUInt64(record.Single(f => f.Field == 1).Value).ShouldBeGreaterThan(1_000_000_000_000_000_000ul);
    }

    private static CommonGrpcAccessLogConfig Common() => new() { LogName = "mine", GrpcService = new() { EnvoyGrpc = new() { ClusterName = "collector" } } };

    private static async Task<string[]> LoggedAsync(string name, IMessage config)
    {
        using Process server = Tool.Start("/usr/bin/python3", "-c", Collector);
        try
        {
            string? ready = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
            await using ProxyBed bed = new();
            bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"), ProxyBed.Eds("collector"));
            bed.Apply(
                TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At),
                ProxyBed.Endpoints("collector", new IPEndPoint(IPAddress.Loopback, int.Parse(ready!.Split(' ')[1]))));
            bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.AccessLog.Add(
                new Envoy.Config.Accesslog.V3.AccessLog { Name = name, TypedConfig = ProxyBed.Pack(config) }))));
            bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));

            await ProxyBed.Exchange(bed.At(), "GET /a?b=c HTTP/1.1\r\nHost: web\r\nX-Extra: yes\r\n\r\n", t => t.EndsWith("hello"));

            using CancellationTokenSource limit = new(Patience.Limit);
            return (await server.StandardOutput.ReadLineAsync(limit.Token))!.Split(' ');
        }
        finally
        {
            server.Kill();
        }
    }

    // The fields of a message that are bytes or 64 bits wide, by number.
    private static List<(int Field, byte[] Value)> Fields(byte[] message)
    {
        List<(int, byte[])> fields = [];
        CodedInputStream input = new(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            fields.Add(((int)(tag >> 3), (tag & 7) == 1 ? BitConverter.GetBytes(input.ReadFixed64()) : input.ReadBytes().ToByteArray()));
        }
        return fields;
    }
}
