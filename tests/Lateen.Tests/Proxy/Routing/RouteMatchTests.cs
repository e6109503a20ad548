using Envoy.Config.Route.V3;
using Google.Protobuf;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Routing;

/// <summary>Every matcher of a route by a request that it takes and one that it leaves to the next.</summary>
public sealed class RouteMatchTests
{
    private const string Name = """{"prefix": "/", "headers": [{"name": "x-a", """;

    [Theory]
    [InlineData("""{"prefix": "/a"}""", "/ab", "/b", "", "")]
    [InlineData("""{"prefix": "/Ab", "case_sensitive": false}""", "/aBc", "/b", "", "")]
    [InlineData("""{"path": "/a"}""", "/a?q=1", "/ab", "", "")]
    [InlineData("""{"path": "/a"}""", "/a", "/a/", "", "")]
    [InlineData("""{"path_separated_prefix": "/a"}""", "/a/b", "/ab", "", "")]
    [InlineData("""{"path_separated_prefix": "/a"}""", "/a?q", "/a.b", "", "")]
    [InlineData("""{"safe_regex": {"regex": "/a[0-9]+"}}""", "/a12?b", "/a12/b", "", "")]
    [InlineData(Name + """ "string_match": {"exact": "one"}}]}""", "/", "/", "X-A: one", "X-A: oneself")]
    [InlineData(Name + """ "string_match": {"prefix": "one"}}]}""", "/", "/", "x-a: oneself", "x-a: the one")]
    [InlineData(Name + """ "string_match": {"suffix": "one"}}]}""", "/", "/", "x-a: the one", "x-a: oneself")]
    [InlineData(Name + """ "string_match": {"contains": "on", "ignore_case": true}}]}""", "/", "/", "x-a: STONE", "x-a: no")]
    [InlineData(Name + """ "string_match": {"safe_regex": {"regex": "o.e"}}}]}""", "/", "/", "x-a: ore", "x-a: ores")]
    [InlineData(Name + """ "string_match": {"exact": "one,two"}}]}""", "/", "/", "x-a: one\r\nx-a: two", "x-a: one")]
    [InlineData(Name + """ "range_match": {"start": "1", "end": "10"}}]}""", "/", "/", "x-a: 9", "x-a: 10")]
    [InlineData(Name + """ "present_match": true}]}""", "/", "/", "x-a:", "x-b: 1")]
    [InlineData(Name + """ "present_match": false}]}""", "/", "/", "x-b: 1", "x-a: 1")]
    [InlineData(Name + """ "present_match": true, "invert_match": true}]}""", "/", "/", "", "x-a: 1")]
    [InlineData(Name + """ "string_match": {"exact": "one"}, "invert_match": true}]}""", "/", "/", "x-a: two", "x-a: one")]
    [InlineData(Name + """ "string_match": {"exact": "one"}, "invert_match": true}]}""", "/", "/", "x-a: two", "")]
    [InlineData(Name + """ "string_match": {"exact": "one"}, "invert_match": true, "treat_missing_header_as_empty": true}]}""", "/", "/", "", "x-a: one")]
    [InlineData("""{"prefix": "/", "headers": [{"name": ":method", "string_match": {"exact": "GET"}}, {"name": ":authority", "string_match": {"prefix": "a"}}]}""", "/", "/", "", "X-Host: b")]
    [InlineData("""{"prefix": "/", "query_parameters": [{"name": "q", "string_match": {"exact": "1"}}]}""", "/?p=2&q=1", "/?q=2&q=1", "", "")]
    [InlineData("""{"prefix": "/", "query_parameters": [{"name": "q", "present_match": true}]}""", "/?q", "/?qq=1", "", "")]
    [InlineData("""{"prefix": "/", "query_parameters": [{"name": "q", "string_match": {"safe_regex": {"regex": "[a-z]+"}}}]}""", "/?q=abc", "/?q=abc1", "", "")]
    [InlineData("""{"prefix": "/", "grpc": {}}""", "/", "/", "content-type: application/grpc+proto", "content-type: application/grpcish")]
    public async Task Matcher_OfTwoRequests_TakesOne(string match, string taken, string left, string takenHeaders, string leftHeaders)
    {
        await using ProxyBed bed = new();
        Serve(bed, match);

        (await Ask(bed, taken, takenHeaders)).ShouldBe("taken");
        (await Ask(bed, left, leftHeaders)).ShouldBe("left");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 100)]
    public async Task Fraction_OfNoneOrAll_TakesNoneOrAll(int percent, int taken)
    {
        await using ProxyBed bed = new();
        Serve(bed, $$$"""{"prefix": "/", "runtime_fraction": {"default_value": {"numerator": {{{percent}}} } } }""");

        int count = 0;
        for (int i = 0; i < 100; i++)
        {
            count += await Ask(bed, "/") == "taken" ? 1 : 0;
        }

        count.ShouldBe(taken);
    }

    // The bed's random numbers are seeded: the same share each time.
    [Fact]
    public async Task FractionAndWeights_OfAQuarter_TakeAboutThat()
    {
        await using Backend few = Backend.Http(_ => Backend.Ok("few"));
        await using Backend many = Backend.Http(_ => Backend.Ok("many"));
        await using ProxyBed bed = new();
        Route drawn = Parse("""{"match": {"prefix": "/drawn", "runtime_fraction": {"default_value": {"numerator": 250000, "denominator": "MILLION"}}}, "direct_response": {"status": 200, "body": {"inline_string": "few"}}}""");
        Route rest = Parse("""{"match": {"prefix": "/drawn"}, "direct_response": {"status": 200, "body": {"inline_string": "many"}}}""");
        Route weighted = Parse("""{"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": [{"name": "few", "weight": 1}, {"name": "none", "weight": 0}, {"name": "many", "weight": 3}]}}}""");
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("few"), ProxyBed.Eds("none"), ProxyBed.Eds("many"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("few", few.At), ProxyBed.Endpoints("many", many.At));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", drawn, rest, weighted));

        foreach (string path in new[] { "/drawn", "/weighted" })
        {
            int count = 0;
            for (int i = 0; i < 200; i++)
            {
                count += await Ask(bed, path) == "few" ? 1 : 0;
            }
            count.ShouldBeInRange(30, 70, path);
        }
    }

    [Theory]
    [InlineData("a.example", "exact")]
    [InlineData("A.example:8080", "exact")]
    [InlineData("b.example", "suffix")]
    [InlineData("c.b.example", "longer suffix")]
    [InlineData("www.other", "prefix")]
    [InlineData("other", "any")]
    public async Task Domain_OfSeveral_IsExactThenLongestSuffixThenPrefixThenAny(string host, string expected)
    {
        await using ProxyBed bed = new();
        RouteConfiguration routes = new() { Name = "routes", IgnorePortInHostMatching = true };
        foreach ((string domain, string body) in new[] { ("*", "any"), ("www.*", "prefix"), ("*.example", "suffix"), ("*.b.example", "longer suffix"), ("a.example", "exact") })
        {
            VirtualHost virtualHost = new() { Name = body, Domains = { domain } };
            virtualHost.Routes.Add(Parse($$$$"""{"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "{{{{body}}}}"}}}"""));
            routes.VirtualHosts.Add(virtualHost);
        }
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, routes);

        (await Tls.Tool.RunAsync("curl", "", "-s", "-H", "Host: " + host, $"http://{bed.At()}/")).ShouldBe(expected);
    }

    private static void Serve(ProxyBed bed, string match)
    {
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes(
            "routes", Parse($$$$"""{"match": {{{{match}}}}, "direct_response": {"status": 200, "body": {"inline_string": "taken"}}}"""),
            Parse("""{"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "left"}}}""")));
    }

    private static Route Parse(string json) => JsonParser.Default.Parse<Route>(json);

    // A header "X-Host" stands for another Host.
    private static async Task<string> Ask(ProxyBed bed, string path, string headers = "")
    {
        string host = headers.StartsWith("X-Host: ", StringComparison.Ordinal) ? headers[8..] : "a";
        string answer = await ProxyBed.Exchange(
            bed.At(), $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{(headers.Length > 0 ? headers + "\r\n" : "")}Connection: close\r\n\r\n", _ => false);
        // A gRPC call has its local reply in its head.
        return answer.Contains("grpc-message: taken\r\n") ? "taken" : answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }
}
