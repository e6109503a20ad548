using System.Text.Json.Nodes;
using Lateen.Inspection.Trace;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Inspection.Trace;

public sealed class ServiceNamesTests
{
    private static readonly JsonObject[] Services =
    [
        Parse("""{"metadata":{"name":"web","namespace":"a"},"spec":{"clusterIP":"10.96.0.1"}}"""),
        Parse("""{"metadata":{"name":"web","namespace":"b"},"spec":{"clusterIP":"10.96.0.2"}}"""),
        Parse("""{"metadata":{"name":"headless","namespace":"a"},"spec":{"clusterIP":"None","selector":{"app":"h"}}}"""),
    ];

    private static readonly JsonObject[] Pods =
    [
        Parse("""{"metadata":{"name":"h","namespace":"b","labels":{"app":"h"}},"status":{"podIP":"10.0.0.8"}}"""),
        Parse("""{"metadata":{"name":"h","namespace":"a","labels":{"app":"h"}},"status":{"podIP":"10.0.0.9"}}"""),
    ];

    [Theory]
    [InlineData("web", "10.96.0.1")]
    [InlineData("web.b", "10.96.0.2")]
    [InlineData("web.b.svc", "10.96.0.2")]
    [InlineData("web.b.svc.cluster.local", "10.96.0.2")]
    [InlineData("web.b.svc.cluster.local.", "10.96.0.2")]
    [InlineData("headless", "10.0.0.9")]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("web.c", null)]
    [InlineData("example.com", null)]
    public void Resolve_AsThePodsResolverWould_GivesTheAddress(string host, string? address) =>
        (ServiceNames.Resolve(host, "a", Services, Pods)?.Address.ToString()).ShouldBe(address);

    private static JsonObject Parse(string text) => (JsonObject)JsonNode.Parse(text)!;
}
