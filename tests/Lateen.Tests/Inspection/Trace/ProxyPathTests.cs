using System.Net;
using Lateen.Inspection.ProxyConfig;
using Lateen.Inspection.Trace;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Inspection.Trace;

/// <summary>The way of requests through the configuration of a small proxy.</summary>
public sealed class ProxyPathTests
{
    private const string Clusters = """
        {"cluster_statuses": [
          {"name": "outbound|80|v1|web", "host_statuses": [{"address": {"socket_address": {"address": "10.0.0.7", "port_value": 8080}}, "health_status": {"eds_health_status": "HEALTHY"}}]},
          {"name": "outbound|80|v2|web", "host_statuses": [
            {"address": {"socket_address": {"address": "10.0.0.8", "port_value": 8080}}, "health_status": {"eds_health_status": "UNHEALTHY"}},
            {"address": {"socket_address": {"address": "10.0.0.9", "port_value": 8080}}, "health_status": {"eds_health_status": "HEALTHY"}}]},
          {"name": "outbound|80|empty|web"}
        ]}
        """;

    private static readonly ConfigDump Dump = Read();

    [Theory]
    [InlineData("/", "user: vip", "outbound|80|v2|web", "10.0.0.9:8080", "/")]
    [InlineData("/", "user: somebody", "outbound|80|v1|web", "10.0.0.7:8080", "/")]
    [InlineData("/old/page?x=1", "a: b", "outbound|80|v1|web", "10.0.0.7:8080", "/new/page?x=1")]
    [InlineData("/r/42", "a: b", "outbound|80|v2|web", "10.0.0.9:8080", "/r/42")]
    [InlineData("/split", "a: b", "outbound|80|v2|web", "10.0.0.9:8080", "/split")]
    [InlineData("/query?tier=gold", "a: b", "outbound|80|v2|web", "10.0.0.9:8080", "/query?tier=gold")]
    [InlineData("/query?tier=tin", "a: b", "outbound|80|v1|web", "10.0.0.7:8080", "/query?tier=tin")]
    public void Follow_ByPathHeaderAndQuery_ChoosesTheFirstRouteThatMatches(string path, string header, string cluster, string endpoint, string rewritten)
    {
        string[] parts = header.Split(": ");
        ProxyPath way = Follow("10.96.0.9:80", new TracedRequest("GET", "web", path, [KeyValuePair.Create(parts[0], parts[1])]));

        Step(way, "cluster").Name.ShouldBe(cluster);
        way.Endpoints[0].Address.ToString().ShouldBe(endpoint);
        way.Request!.Path.ShouldBe(rewritten);
    }

    [Fact]
    public void Follow_RoutesBeforeTheChosenOne_SayWhatTheyAskFor()
    {
        ProxyPath way = Follow("10.96.0.9:80", new TracedRequest("GET", "web", "/", []));

        way.Section.Steps.First(s => s is { What: "route", Passed: false }).Why.ShouldBe("Does not match: it asks for header user = vip and the request has none.");
    }

    [Theory]
    [InlineData("10.96.0.9:80", "0.0.0.0_80", "No listener has the address 10.96.0.9; this one takes port 80 at every address.")]
    [InlineData("10.96.0.5:9000", "10.96.0.5_9000", "Its address is the original destination 10.96.0.5:9000.")]
    [InlineData("192.0.2.1:7777", "virtualOutbound", "No listener stands for 192.0.2.1:7777, so the one that owns port 15001 keeps it.")]
    public void Follow_ByOriginalDestination_FindsTheListener(string destination, string listener, string why)
    {
        ProxyPath way = Follow(destination, new TracedRequest("GET", "web", "/", []));

        Step(way, "listener").ShouldBe(new TraceStep("listener", listener, why));
    }

    [Fact]
    public void Follow_NoListenerForTheDestination_KeepsTheOriginalDestination()
    {
        ProxyPath way = Follow("192.0.2.1:7777", new TracedRequest("GET", "web", "/", []));

        Step(way, "cluster").Name.ShouldBe("PassthroughCluster");
        way.Endpoints.Single().Address.ToString().ShouldBe("192.0.2.1:7777");
        way.Request.ShouldBeNull("a TCP proxy does not read the request");
    }

    [Theory]
    [InlineData("nobody", "/", "no virtual host of route configuration 80 has the domain nobody: 404 (NR)")]
    [InlineData("a.wild.example", "/", "the proxy answers 403 itself")]
    [InlineData("closed", "/", "the cluster has no endpoint: 503 (UH)")]
    [InlineData("missing", "/", "the cluster outbound|80||gone is not known to the proxy: 503 (NC)")]
    public void Follow_WhatCannotGoOn_SaysWhereItEnds(string authority, string path, string outcome)
    {
        ProxyPath way = Follow("10.96.0.9:80", new TracedRequest("GET", authority, path, []));

        way.Section.Outcome.ShouldBe(outcome);
        way.Endpoints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TracedProtocol.Http, 80, "10.0.0.2_80-http")]
    [InlineData(TracedProtocol.MutualTlsHttp, 80, "10.0.0.2_80-mtls-http")]
    [InlineData(TracedProtocol.MutualTlsTcp, 80, "10.0.0.2_80-mtls-tcp")]
    [InlineData(TracedProtocol.Http, 81, "passthrough-http")]
    public void Follow_Inbound_TakesTheChainOfTheProtocol(TracedProtocol protocol, int port, string chain)
    {
        TracedConnection connection = new(15006, IPAddress.Parse("10.0.0.3"), new IPEndPoint(IPAddress.Parse("10.0.0.2"), port), protocol);
        ProxyPath way = ProxyPath.Follow("p", Dump, Clusters, connection, new TracedRequest("GET", "web", "/", []));

        Step(way, "filter chain").Name.ShouldBe(chain);
    }

    [Fact]
    public void Report_AsText_HidesWhatDidNotMatchAndCountsIt()
    {
        TraceReport report = new("GET http://web/", [Follow("10.96.0.9:80", new TracedRequest("GET", "web", "/", [])).Section], "The end.");

        report.ToText(verbose: false).ShouldContain("more were looked at and did not match; --verbose shows them");
        report.ToText(verbose: false).ShouldNotContain("Does not match");
        report.ToText(verbose: true).ShouldContain("   - route ");
        report.ToJson().ShouldContain("\"passed\": false");
    }

    private static ConfigDump Read()
    {
        using StreamReader reader = new(typeof(ProxyPathTests).Assembly.GetManifestResourceStream("trace/config_dump.json")!);
        return ConfigDump.Parse(reader.ReadToEnd());
    }

    private static ProxyPath Follow(string destination, TracedRequest request) => ProxyPath.Follow(
        "p", Dump, Clusters, new TracedConnection(15001, IPAddress.Parse("10.0.0.2"), IPEndPoint.Parse(destination), TracedProtocol.Http), request);

    private static TraceStep Step(ProxyPath way, string what) => way.Section.Steps.Last(s => s.What == what && s.Passed);
}
