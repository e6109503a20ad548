using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Routing;

/// <summary>What a route does to a request and to its answer, as curl and the server behind see it.</summary>
public sealed class RouteActionTests
{
    [Theory]
    [InlineData("""{"prefix": "/a/"}""", """ "prefix_rewrite": "/b/" """, "/a/c?d=/a/", "/b/c?d=/a/")]
    [InlineData("""{"path": "/a"}""", """ "prefix_rewrite": "/b" """, "/a?q", "/b?q")]
    [InlineData("""{"path_separated_prefix": "/a"}""", """ "prefix_rewrite": "/b" """, "/a/c", "/b/c")]
    [InlineData("""{"safe_regex": {"regex": "/a/.*"}}""", """ "regex_rewrite": {"pattern": {"regex": "/a/([^/]+)/(.*)"}, "substitution": "/\\2/\\1"} """, "/a/x/y?z", "/y/x?z")]
    public async Task Rewrite_OfThePath_LeavesTheQueryAndTellsTheOriginal(string match, string rewrite, string asked, string seen)
    {
        string request = "";
        await using Backend backend = Backend.Http(r =>
        {
            request = r;
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        Serve(bed, backend, $$$"""{"match": {{{match}}}, "route": {"cluster": "backend", {{{rewrite}}}}}""");

        await Curl(bed, asked);

        request.ShouldStartWith($"GET {seen} HTTP/1.1\r\n");
        request.ShouldContain($"x-envoy-original-path: {asked}\r\n");
    }

    [Theory]
    [InlineData(""" "host_rewrite_literal": "b.example" """, "b.example")]
    [InlineData(""" "host_rewrite_header": "x-to" """, "c.example")]
    public async Task Rewrite_OfTheHost_IsWhatTheServerSees(string rewrite, string host)
    {
        string request = "";
        await using Backend backend = Backend.Http(r =>
        {
            request = r;
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        Serve(bed, backend, $$$"""{"match": {"prefix": "/"}, "route": {"cluster": "backend", {{{rewrite}}}}}""");

        await Curl(bed, "/", "-H", "x-to: c.example");

        request.ShouldContain($"\r\nHost: {host}\r\n", Case.Insensitive);
    }

    [Theory]
    [InlineData("""{"host_redirect": "b.example"}""", "http", "301 http://b.example/a/p?q=1")]
    [InlineData("""{"https_redirect": true, "response_code": "PERMANENT_REDIRECT"}""", "http", "308 https://a.example/a/p?q=1")]
    [InlineData("""{"path_redirect": "/z", "response_code": "FOUND"}""", "http", "302 http://a.example/z?q=1")]
    [InlineData("""{"path_redirect": "/z?r=2", "response_code": "SEE_OTHER"}""", "http", "303 http://a.example/z?r=2")]
    [InlineData("""{"prefix_rewrite": "/b", "strip_query": true, "response_code": "TEMPORARY_REDIRECT"}""", "http", "307 http://a.example/b/p")]
    [InlineData("""{"regex_rewrite": {"pattern": {"regex": "^/a/(.*)$"}, "substitution": "/\\1/a"}}""", "http", "301 http://a.example/p/a?q=1")]
    [InlineData("""{"port_redirect": 8443, "scheme_redirect": "https"}""", "http", "301 https://a.example:8443/a/p?q=1")]
    [InlineData("""{"path_redirect": "/z"}""", "https", "301 https://a.example/z?q=1")]
    public async Task Redirect_TellsTheClientWhereTo(string redirect, string scheme, string expected)
    {
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", Parse($$"""{"match": {"prefix": "/a"}, "redirect": {{redirect}}}""")));

        string told = await Curl(
            bed, "/a/p?q=1", "-H", "Host: a.example", "-H", "x-forwarded-proto: " + scheme, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}");

        told.ShouldBe(expected);
    }

    [Fact]
    public async Task DirectResponse_HasItsStatusBodyAndHeaders()
    {
        await using ProxyBed bed = new();
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", Parse(
            """
            {"match": {"prefix": "/"}, "direct_response": {"status": 418, "body": {"inline_string": "a teapot"}},
             "response_headers_to_add": [{"header": {"key": "X-Pot", "value": "short"}}]}
            """)));

        string answer = await Curl(bed, "/", "-i");

        answer.ShouldStartWith("HTTP/1.1 418 ");
        answer.ShouldContain("\r\nx-pot: short\r\n", Case.Insensitive);
        answer.ShouldEndWith("\r\n\r\na teapot");
    }

    [Fact]
    public async Task Headers_AreAddedSetAndRemovedAsTheRouteSays()
    {
        string request = "";
        await using Backend backend = Backend.Http(r =>
        {
            request = r;
            return Backend.Ok("x", "X-Secret: 1\r\nX-Set: theirs\r\n");
        });
        await using ProxyBed bed = new();
        Serve(bed, backend,
            """
            {"match": {"prefix": "/"}, "route": {"cluster": "backend"},
             "request_headers_to_add": [
               {"header": {"key": "x-add", "value": "two"}},
               {"header": {"key": "x-set", "value": "ours %REQ(:method)% %PROTOCOL%"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"},
               {"header": {"key": "x-absent", "value": "new"}, "append_action": "ADD_IF_ABSENT"},
               {"header": {"key": "x-there", "value": "new"}, "append_action": "ADD_IF_ABSENT"},
               {"header": {"key": "x-not-there", "value": "new"}, "append_action": "OVERWRITE_IF_EXISTS"}],
             "request_headers_to_remove": ["x-gone"],
             "response_headers_to_add": [{"header": {"key": "x-set", "value": "%RESPONSE_CODE%"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
             "response_headers_to_remove": ["x-secret"]}
            """);

        string answer = await Curl(bed, "/", "-i", "-H", "X-Add: one", "-H", "X-Set: old", "-H", "X-There: old", "-H", "X-Gone: 1");

        string[] seen = [.. request.Split("\r\n").Where(l => l.StartsWith("x-", StringComparison.OrdinalIgnoreCase)).Select(l => l.ToLowerInvariant())
            .Where(l => l[2..].Split(':')[0] is "add" or "set" or "absent" or "there" or "not-there" or "gone")];
        seen.ShouldBe(["x-add: one", "x-add: two", "x-set: ours get http/1.1", "x-absent: new", "x-there: old"], ignoreOrder: true);
        answer.ShouldContain("\r\nx-set: 200\r\n", Case.Insensitive);
        answer.ShouldNotContain("theirs");
        answer.ShouldNotContain("x-secret", Case.Insensitive);
    }

    [Fact]
    public async Task ClusterHeader_NamesTheCluster()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("here"));
        await using ProxyBed bed = new();
        Serve(bed, backend, """{"match": {"prefix": "/"}, "route": {"cluster_header": "x-cluster", "cluster_not_found_response_code": "NOT_FOUND"}}""");

        (await Curl(bed, "/", "-H", "x-cluster: backend")).ShouldBe("here");
        (await Curl(bed, "/", "-o", "/dev/null", "-w", "%{http_code}", "-H", "x-cluster: other")).ShouldBe("404");
    }

    [Theory]
    [InlineData("keep", "/a/../b", "200 /a/../b")]
    [InlineData("normalize", "/a/./c/../b?x=/../y", "200 /a/b?x=/../y")]
    [InlineData("normalize", "/%61\\b/..%2fc", "200 /a/b/..%2fc")]
    [InlineData("normalize", "/a//b", "200 /a//b")]
    [InlineData("normalize", "/a%00b", "400 ")]
    [InlineData("merge", "/a///b//", "200 /a/b/")]
    [InlineData("unescape", "/a%2Fb%5cc", "200 /a/b/c")]
    [InlineData("unescape", "/a%2F..%2Fb", "200 /b")]
    [InlineData("redirect", "/a%2fb?c=%2f", "307 ")]
    [InlineData("reject", "/a%5Cb", "400 ")]
    [InlineData("reject", "/a/b", "200 /a/b")]
    public async Task Path_IsNormalisedAsTheMeshSays(string rule, string asked, string expected)
    {
        string path = "";
        await using Backend backend = Backend.Http(r =>
        {
            path = r.Split(' ')[1];
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m =>
        {
            m.NormalizePath = rule != "keep";
            m.MergeSlashes = rule is "merge" or "unescape";
            m.PathWithEscapedSlashesAction = rule switch
            {
                "unescape" => HttpConnectionManager.Types.PathWithEscapedSlashesAction.UnescapeAndForward,
                "redirect" => HttpConnectionManager.Types.PathWithEscapedSlashesAction.UnescapeAndRedirect,
                "reject" => HttpConnectionManager.Types.PathWithEscapedSlashesAction.RejectRequest,
                _ => HttpConnectionManager.Types.PathWithEscapedSlashesAction.KeepUnchanged,
            };
        });

        string status = await Curl(bed, asked, "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}");

        $"{status} {path}".ShouldBe(expected);
    }

    private static void Serve(ProxyBed bed, Backend backend, string route)
    {
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", Parse(route)));
    }

    private static Route Parse(string json) => JsonParser.Default.Parse<Route>(json);

    private static Task<string> Curl(ProxyBed bed, string path, params string[] arguments) =>
        Tls.Tool.RunAsync("curl", "", ["-s", .. arguments, $"http://{bed.At()}{path}"]);
}
