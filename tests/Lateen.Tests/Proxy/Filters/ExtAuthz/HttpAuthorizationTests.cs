using System.Net.Sockets;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Filters.ExtAuthz;

/// <summary>Requests that an authorization service over HTTP judges.</summary>
public sealed class HttpAuthorizationTests
{
    private const string Get = "GET /a?q=1 HTTP/1.1\r\nHost: web\r\nAuthorization: me\r\nX-Sent: 1\r\nX-Kept: 2\r\n\r\n";

    [Fact]
    public async Task Request_ThatIsAllowed_GoesOnWithWhatTheServiceAdds()
    {
        string asked = "", seen = "";
        await using Backend judge = Backend.Http(r =>
        {
            asked = r;
            return Backend.Ok("fine", "X-User: ann\r\nX-Cookie: c\r\nX-Other: no\r\nX-Envoy-Auth-Headers-To-Remove: x-kept\r\n");
        });
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("served");
        });
        await using ProxyBed bed = Serve(backend, judge, _ => { });

        string answer = await ProxyBed.Exchange(bed.At(), Get, t => t.EndsWith("served"));

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("X-Cookie: c\r\n");
        asked.ShouldStartWith("GET /check/a?q=1 HTTP/1.1\r\n");
        asked.ShouldContain("Host: web\r\n", Case.Insensitive);
        asked.ShouldContain("Authorization: me\r\n", Case.Insensitive);
        asked.ShouldContain("X-Sent: 1\r\n", Case.Insensitive);
        asked.ShouldContain("x-added: yes\r\n");
        asked.ShouldContain("content-length: 0\r\n");
        asked.ShouldNotContain("X-Kept", Case.Insensitive);
        seen.ShouldContain("X-User: ann\r\n");
        seen.ShouldNotContain("X-Kept", Case.Insensitive);
        seen.ShouldNotContain("X-Other", Case.Insensitive);
        bed.Server.Stats().Single(s => s.Name == "http.test.ext_authz.ok").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Request_ThatIsDenied_GetsTheServicesAnswerAndGoesNowhere()
    {
        await using Backend judge = Backend.Http(_ => "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\ncontent-type: text/x\r\nWWW-Authenticate: Basic\r\nX-Hidden: 1\r\n\r\nno");
        await using Backend backend = Backend.Http(_ => Backend.Ok("served"));
        await using ProxyBed bed = Serve(backend, judge, filter => filter.HttpService.AuthorizationResponse.AllowedClientHeaders = Names("x-shown", "content-type"));

        string answer = await ProxyBed.Exchange(bed.At(), Get, t => t.EndsWith("no"));

        answer.ShouldStartWith("HTTP/1.1 401 Unauthorized\r\n");
        answer.ShouldContain("WWW-Authenticate: Basic\r\n");
        answer.ShouldContain("content-type: text/x\r\n");
        answer.ShouldNotContain("text/plain");
        answer.ShouldNotContain("X-Hidden");
        backend.Connections.ShouldBe(0);
        bed.Server.Failures().First().ShouldContain("UAEX");
        bed.Server.Stats().Single(s => s.Name == "http.test.ext_authz.denied").Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(false, "HTTP/1.1 403")]
    [InlineData(true, "HTTP/1.1 200")]
    public async Task Service_ThatFails_DeniesUnlessItMayFail(bool mayFail, string expected)
    {
        string seen = "";
        await using Backend judge = Backend.Http(_ => "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n");
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("served");
        });
        await using ProxyBed bed = Serve(backend, judge, filter => (filter.FailureModeAllow, filter.FailureModeAllowHeaderAdd) = (mayFail, mayFail));

        (await ProxyBed.Exchange(bed.At(), Get, t => t.Contains("\r\n\r\n"))).ShouldStartWith(expected);

        seen.Contains("x-envoy-auth-failure-mode-allowed: true\r\n", StringComparison.Ordinal).ShouldBe(mayFail);
        bed.Server.Stats().Single(s => s.Name == "http.test.ext_authz.error").Value.ShouldBe(1);
    }

    [Fact]
    public async Task Service_ThatIsAway_AnswersStatusOnError()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("served"));
        await using ProxyBed bed = Serve(backend, null, filter => filter.StatusOnError = new() { Code = Envoy.Type.V3.StatusCode.ServiceUnavailable });

        (await ProxyBed.Exchange(bed.At(), Get, t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 503");
    }

    [Fact]
    public async Task Service_ThatDoesNotAnswerInTime_Fails()
    {
        await using Backend judge = new((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using Backend backend = Backend.Http(_ => Backend.Ok("served"));
        await using ProxyBed bed = Serve(backend, judge, filter => filter.HttpService.ServerUri.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)));

        (await ProxyBed.Exchange(bed.At(), Get, t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 403");
    }

    [Fact]
    public async Task Body_WantedByTheService_IsSentToItAndOnWhole()
    {
        string asked = "", seen = "";
        await using Backend judge = Backend.Http(r =>
        {
            asked = r;
            return Backend.Ok("");
        });
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("served");
        });
        await using ProxyBed bed = Serve(backend, judge, filter => filter.WithRequestBody = new() { MaxRequestBytes = 8, AllowPartialMessage = true });
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        await socket.SendAsync("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 20\r\n\r\n0123"u8.ToArray(), TestContext.Current.CancellationToken);
        await socket.SendAsync("456789"u8.ToArray(), TestContext.Current.CancellationToken);
        await socket.SendAsync("0123456789"u8.ToArray(), TestContext.Current.CancellationToken);
        string answer = await ProxyBed.Receive(socket, t => t.EndsWith("served"));

        answer.ShouldStartWith("HTTP/1.1 200");
        asked.ShouldEndWith("\r\n\r\n01234567");
        asked.ShouldContain("x-envoy-auth-partial-body: true\r\n");
        seen.ShouldEndWith("\r\n\r\n01234567890123456789");
    }

    [Fact]
    public async Task Body_LongerThanAllowed_Is413()
    {
        await using Backend judge = Backend.Http(_ => Backend.Ok(""));
        await using Backend backend = Backend.Http(_ => Backend.Ok("served"));
        await using ProxyBed bed = Serve(backend, judge, filter => filter.WithRequestBody = new() { MaxRequestBytes = 8 });

        (await ProxyBed.Exchange(bed.At(), "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\n012345678", t => t.EndsWith("Large")))
            .ShouldStartWith("HTTP/1.1 413");
        (await ProxyBed.Exchange(bed.At(), "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 8\r\n\r\n01234567", t => t.EndsWith("served")))
            .ShouldStartWith("HTTP/1.1 200");
        judge.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Client_ThatLeavesMeanwhile_EndsTheQuestionToo()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously), ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend judge = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[4096];
            await socket.ReceiveAsync(buffer, stop);
            asked.SetResult();
            while (await socket.ReceiveAsync(buffer, stop) > 0)
            {
            }
            ended.SetResult();
        });
        await using Backend backend = Backend.Http(_ => Backend.Ok("served"));
        await using ProxyBed bed = Serve(backend, judge, _ => { });
        using (Socket socket = new(SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Get), TestContext.Current.CancellationToken);
            await asked.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        }

        await ended.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        backend.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Route_ThatIsFree_IsNotAskedAbout()
    {
        await using Backend judge = Backend.Http(_ => "HTTP/1.1 403 X\r\ncontent-length: 0\r\n\r\n");
        await using Backend backend = Backend.Http(_ => Backend.Ok("served"));
        await using ProxyBed bed = Serve(backend, judge, _ => { });
        Envoy.Config.Route.V3.Route free = ProxyBed.To("backend", "/free");
        free.TypedPerFilterConfig.Add("envoy.filters.http.ext_authz", ProxyBed.Pack(new ExtAuthzPerRoute { Disabled = true }));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", free, ProxyBed.To("backend")));

        (await ProxyBed.Exchange(bed.At(), "GET /free HTTP/1.1\r\nHost: web\r\n\r\n", t => t.EndsWith("served"))).ShouldStartWith("HTTP/1.1 200");
        (await ProxyBed.Exchange(bed.At(), Get, t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 403");
    }

    private static ListStringMatcher Names(params string[] names)
    {
        ListStringMatcher list = new();
        list.Patterns.AddRange(names.Select(n => new StringMatcher { Exact = n, IgnoreCase = true }));
        return list;
    }

    private static ProxyBed Serve(Backend backend, Backend? judge, Action<Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthz> change)
    {
        Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthz filter = new()
        {
            HttpService = new()
            {
                ServerUri = new() { Uri = "http://judge", Cluster = "judge", Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) },
                PathPrefix = "/check",
                AuthorizationRequest = new() { AllowedHeaders = Names("x-sent"), HeadersToAdd = { new Envoy.Config.Core.V3.HeaderValue { Key = "x-added", Value = "yes" } } },
                AuthorizationResponse = new() { AllowedUpstreamHeaders = Names("x-user"), AllowedClientHeadersOnSuccess = Names("x-cookie") },
            },
        };
        change(filter);
        ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"), ProxyBed.Eds("judge"));
        bed.Apply(
            TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At),
            judge is null ? ProxyBed.Endpoints("judge") : ProxyBed.Endpoints("judge", judge.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.HttpFilters.Add(
            new HttpFilter { Name = "envoy.filters.http.ext_authz", TypedConfig = ProxyBed.Pack(filter) }))));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        return bed;
    }
}
