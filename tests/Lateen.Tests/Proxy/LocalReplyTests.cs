using Envoy.Config.Accesslog.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>local_reply_config: what is said in our own name, and what is not touched.</summary>
public sealed class LocalReplyTests
{
    [Fact]
    public async Task Mapper_ThatMatches_ChangesStatusBodyAndFields()
    {
        await using ProxyBed bed = Serve(new LocalReplyConfig
        {
            Mappers =
            {
                new ResponseMapper
                {
                    Filter = Status(503), StatusCode = 501, Body = new() { InlineString = "sorry" },
                    HeadersToAdd = { new Envoy.Config.Core.V3.HeaderValueOption { Header = new() { Key = "x-mapped", Value = "%RESPONSE_CODE%" } } },
                },
            },
        });

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("sorry"));

        answer.ShouldStartWith("HTTP/1.1 501 Not Implemented\r\n");
        answer.ShouldContain("content-length: 5\r\n");
        answer.ShouldContain("x-mapped: 501\r\n");
    }

    [Fact]
    public async Task Format_ForAll_WritesBodiesOfOurOwnInJson()
    {
        await using ProxyBed bed = Serve(new LocalReplyConfig
        {
            BodyFormat = new()
            {
                JsonFormat = new() { Fields = { ["code"] = Value.ForString("%RESPONSE_CODE%"), ["text"] = Value.ForString("%LOCAL_REPLY_BODY%") } },
            },
        });

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("}\n"));

        answer.ShouldStartWith("HTTP/1.1 503 ");
        answer.ShouldContain("content-type: application/json\r\n");
        answer.ShouldEndWith("{\"code\":503,\"text\":\"no healthy upstream\"}\n");
    }

    [Fact]
    public async Task Upstreams_OwnAnswers_StayAsTheyAre()
    {
        await using Backend backend = Backend.Http(_ => "HTTP/1.1 503 Mine\r\ncontent-length: 4\r\n\r\nmine");
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.LocalReplyConfig = new LocalReplyConfig
        {
            Mappers = { new ResponseMapper { Filter = Status(503), Body = new() { InlineString = "ours" } } },
        });

        (await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("mine"))).ShouldStartWith("HTTP/1.1 503 Mine");
    }

    [Fact]
    public async Task GrpcRequest_WithAMappedStatus_GetsItInItsOwnWay()
    {
        await using ProxyBed bed = Serve(new LocalReplyConfig
        {
            Mappers = { new ResponseMapper { Filter = Status(503), StatusCode = 401, Body = new() { InlineString = "who?" } } },
        });

        string answer = await ProxyBed.Exchange(
            bed.At(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n", t => t.EndsWith("\r\n\r\n"));

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("grpc-status: 16\r\n");
        answer.ShouldContain("grpc-message: who?\r\n");
    }

    [Fact]
    public void Mapper_WithoutACondition_IsRefusedWithItsPath()
    {
        ProxyServer server = new(new ProxyOptions { Concurrency = 1 }, NullLoggerFactory.Instance, TimeProvider.System, new Random(1));

        server.Apply(TypeUrls.Listener, "1", [ProxyBed.Pack(ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m =>
            m.LocalReplyConfig = new LocalReplyConfig { Mappers = { new ResponseMapper() } })))]).Single().ToString()
            .ShouldContain("local_reply_config.mappers[0].filter");
    }

    private static AccessLogFilter Status(uint code) => new()
    {
        StatusCodeFilter = new()
        {
            Comparison = new() { Op = ComparisonFilter.Types.Op.Eq, Value = new() { DefaultValue = code, RuntimeKey = "x" } },
        },
    };

    private static ProxyBed Serve(LocalReplyConfig config)
    {
        ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend"));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.LocalReplyConfig = config)));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        return bed;
    }
}
