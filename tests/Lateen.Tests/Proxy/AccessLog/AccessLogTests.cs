using System.Net;
using System.Text.Json;
using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Filters.Cel.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.AccessLog;

/// <summary>Lines as requests make them: values, types, words, filters, a file that is moved away.</summary>
public sealed class AccessLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-log-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Json_NestedAndTyped_EveryLineIsAnObject()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
        Struct format = Struct.Parser.ParseJson("""
            {"code":"%RESPONSE_CODE%","flags":"%RESPONSE_FLAGS%","agent":"%REQ(USER-AGENT)%","missing":"%REQ(X-NONE)%",
             "mixed":"a %PROTOCOL% %REQ(X-NONE)%","in":{"list":["%REQ(:METHOD)%",1,true]},"fixed":"x\"y"}
            """);
        string line = await Line(backend.At, new SubstitutionFormatString { JsonFormat = format }, "user-agent: say \"\\ \xff\r\n");

        JsonElement json = JsonDocument.Parse(line).RootElement;
        json.GetProperty("code").GetInt32().ShouldBe(200);
        json.GetProperty("flags").GetString().ShouldBe("-");
        json.GetProperty("agent").GetString().ShouldBe("say \"\\ \u00ff");
        json.GetProperty("missing").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("mixed").GetString().ShouldBe("a HTTP/1.1 -");
        json.GetProperty("in").GetProperty("list").ToString().ShouldBe("[\"GET\",1,true]");
        json.GetProperty("fixed").GetString().ShouldBe("x\"y");
    }

    [Theory]
    [InlineData("%RESPONSE_CODE_DETAILS% %ACCESS_LOG_TYPE% %REQ(USER-AGENT):3%", "via_upstream DownstreamEnd abc")]
    [InlineData("%WHY%", "-")]
    [InlineData("%METADATA(CLUSTER:istio:team)% %CLUSTER_METADATA(istio:team)%", "shop shop")]
    [InlineData("%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_URI_SAN% %GRPC_STATUS% %UPSTREAM_HOST:9%", "- - - 127.0.0.1")]
    public async Task Text_Operators_PrintTheirValues(string format, string expected)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));

        string line = await Line(backend.At, Text(format), "user-agent: abcdef\r\n");

        line.ShouldBe(expected);
    }

    [Fact]
    public async Task DynamicMetadata_OfAFilter_IsPrinted()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
        string path = Path.Combine(_folder, "metadata.log");
        Envoy.Config.Rbac.V3.RBAC rules = new() { Action = Envoy.Config.Rbac.V3.RBAC.Types.Action.Deny };
        rules.Policies["everybody"] = new() { Permissions = { new Envoy.Config.Rbac.V3.Permission { Any = true } }, Principals = { new Envoy.Config.Rbac.V3.Principal { Any = true } } };
        await using (ProxyBed bed = new())
        {
            bed.ServeHttp(backend.At, manager: m =>
            {
                m.HttpFilters.Add(new Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpFilter
                {
                    Name = "envoy.filters.http.rbac", TypedConfig = ProxyBed.Pack(new Envoy.Extensions.Filters.Http.Rbac.V3.RBAC { ShadowRules = rules }),
                });
                m.AccessLog.Add(Log(path, Text(
                    "%DYNAMIC_METADATA(envoy.filters.http.rbac:shadow_engine_result)% %METADATA(DYNAMIC:envoy.filters.http.rbac:shadow_effective_policy_id)% "
                    + "%DYNAMIC_METADATA(envoy.filters.http.rbac:none)% %DYNAMIC_METADATA(none)%\n")));
            });
            await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("hello"));
        }

        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldBe("denied everybody - -\n");
    }

    [Fact]
    public async Task Why_ConnectRefused_SaysWhoAndWhat()
    {
        IPEndPoint nobody = new(IPAddress.Loopback, 1);

        string line = await Line(nobody, Text("%RESPONSE_FLAGS% %WHY%"), "");

        line.ShouldBe("UF no connection to 127.0.0.1:1 of reviews.shop:9080: Connection refused");
    }

    [Fact]
    public async Task Why_NoEndpoint_SaysSo()
    {
        string line = await Line(null, Text("%RESPONSE_FLAGS% %WHY%"), "");

        line.ShouldBe("UH no endpoint of reviews.shop:9080 is known: is a pod behind it ready?");
    }

    [Fact]
    public async Task Why_TcpServerClosesFirst_SaysWhoAndAfterHowLong()
    {
        await using Backend backend = new((socket, _) => socket.SendAsync("hi"u8.ToArray()));
        string path = Path.Combine(_folder, "tcp.log");
        await using (ProxyBed bed = new())
        {
            bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("outbound|3306||db.shop.svc.cluster.local"));
            bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("outbound|3306||db.shop.svc.cluster.local", backend.At));
            FilterChain chain = new();
            chain.Filters.Add(new Filter
            {
                Name = "tcp",
                TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "outbound|3306||db.shop.svc.cluster.local", AccessLog = { Log(path, Text("%WHY%\n")) } }),
            });
            bed.Apply(TypeUrls.Listener, new Listener { Name = "http", Address = ProxyBed.Address(new(IPAddress.Loopback, 0)), FilterChains = { chain } });
            await ProxyBed.Exchange(bed.At(), "", _ => false);
        }

        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))
            .ShouldMatch($@"^127\.0\.0\.1:{backend.At.Port} of db\.shop:3306 closed first, after \d+ ms without a byte\n$");
    }

    [Theory]
    [InlineData("response.code == 200 && request.method == 'GET'", 1)]
    [InlineData("response.code >= 400", 0)]
    public async Task Filter_CelExpression_Decides(string expression, int lines)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
        AccessLogFilter filter = new() { ExtensionFilter = new() { Name = "cel", TypedConfig = ProxyBed.Pack(new ExpressionFilter { Expression = expression }) } };

        string text = await Lines(backend.At, Text("line\n"), "", filter);

        text.ShouldBe(string.Concat(Enumerable.Repeat("line\n", lines)));
    }

    [Fact]
    public async Task Reopen_AfterTheFileWasMoved_NewLinesGoToTheNewFile()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
        string path = Path.Combine(_folder, "access.log"), moved = path + ".1";
        await using (ProxyBed bed = new())
        {
            Serve(bed, backend.At, path, Text("%REQ(:PATH)%\n"), null);
            await ProxyBed.Exchange(bed.At(), "GET /one HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("hello"));
            while (new FileInfo(path).Length == 0)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
            File.Move(path, moved);
            bed.Server.ReopenLogs();
            await ProxyBed.Exchange(bed.At(), "GET /two HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("hello"));
        }

        (await File.ReadAllTextAsync(moved, TestContext.Current.CancellationToken)).ShouldBe("/one\n");
        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldBe("/two\n");
    }

    private async Task<string> Line(IPEndPoint? backend, SubstitutionFormatString format, string headers)
    {
        if (format.FormatCase == SubstitutionFormatString.FormatOneofCase.TextFormat)
        {
            format.TextFormat += "\n";
        }
        string text = await Lines(backend, format, headers, null);
        text.ShouldEndWith("\n");
        return text[..^1];
    }

    private async Task<string> Lines(IPEndPoint? backend, SubstitutionFormatString format, string headers, AccessLogFilter? filter)
    {
        string path = Path.Combine(_folder, "access.log");
        await using (ProxyBed bed = new())
        {
            Serve(bed, backend, path, format, filter);
            string answer = await ProxyBed.Exchange(bed.At(), $"GET / HTTP/1.1\r\nHost: a\r\n{headers}connection: close\r\n\r\n", _ => false);
            answer.ShouldStartWith("HTTP/1.1 ");
        }
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }

    private static void Serve(ProxyBed bed, IPEndPoint? backend, string path, SubstitutionFormatString format, AccessLogFilter? filter)
    {
        const string name = "outbound|9080||reviews.shop.svc.cluster.local";
        var cluster = ProxyBed.Eds(name);
        cluster.Metadata = new Metadata { FilterMetadata = { ["istio"] = new Struct { Fields = { ["team"] = Value.ForString("shop") } } } };
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, backend is null ? ProxyBed.Endpoints(name) : ProxyBed.Endpoints(name, backend));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.AccessLog.Add(Log(path, format, filter)))));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To(name)));
    }

    private static Envoy.Config.Accesslog.V3.AccessLog Log(string path, SubstitutionFormatString format, AccessLogFilter? filter = null) => new()
    {
        Name = "file", Filter = filter, TypedConfig = ProxyBed.Pack(new FileAccessLog { Path = path, LogFormat = format }),
    };

    private static SubstitutionFormatString Text(string format) => new() { TextFormat = format };
}
