using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Controllers;

public sealed class EndpointsTests
{
    private static readonly JsonObject Service = Parse("""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"a","uid":"s"},
         "spec":{"selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"web","protocol":"TCP"}]}}
        """);

    [Fact]
    public void Endpoints_NotReadyPod_StandsApart()
    {
        JsonObject endpoints = EndpointsBuilder.Build(Service, [Pod("p1", "10.0.0.1", ready: true), Pod("p2", "10.0.0.2", ready: false)]);

        JsonNode subset = endpoints["subsets"]![0]!;
        subset.Items("addresses").Select(address => address.Text("ip")).ShouldBe(["10.0.0.1"]);
        subset.Items("notReadyAddresses").Select(address => address.Text("ip")).ShouldBe(["10.0.0.2"]);
        subset.Items("ports").Single().Number("port").ShouldBe(8080);
    }

    [Fact]
    public void Endpoints_TerminatingPod_IsLeftOut() =>
        EndpointsBuilder.Build(Service, [Pod("p1", "10.0.0.1", ready: true, going: true)]).ContainsKey("subsets").ShouldBeFalse();

    [Fact]
    public void Slices_TerminatingPod_ServesButIsNotReady()
    {
        JsonObject slice = EndpointSliceBuilder.FromPods(Service, [Pod("p1", "10.0.0.1", ready: true, going: true)]).Single();

        JsonNode conditions = slice.Items("endpoints").Single()["conditions"]!;
        conditions.ToJsonString().ShouldBe("""{"ready":false,"serving":true,"terminating":true}""");
        slice.Labels().Text("kubernetes.io/service-name").ShouldBe("web");
    }

    [Fact]
    public void Slices_NoPods_IsOneEmptySliceWithTheSameNameEveryTime()
    {
        JsonObject first = EndpointSliceBuilder.FromPods(Service, []).Single();

        first.Items("endpoints").ShouldBeEmpty();
        EndpointSliceBuilder.FromPods(Service, []).Single().Name().ShouldBe(first.Name());
    }

    [Fact]
    public void Slices_PodsThatNameThePortDifferently_AreGrouped()
    {
        JsonObject other = Pod("p2", "10.0.0.2", ready: true);
        other["spec"]!["containers"]![0]!["ports"]![0]!["containerPort"] = 9090;

        IReadOnlyList<JsonObject> slices = EndpointSliceBuilder.FromPods(Service, [Pod("p1", "10.0.0.1", ready: true), other]);

        slices.Select(slice => slice.Items("ports").Single().Number("port")).ShouldBe([8080, 9090]);
        slices.Select(slice => slice.Name()).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Selector_Expressions_AreAllNeeded()
    {
        JsonObject selector = Parse("""
            {"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},{"key":"old","operator":"DoesNotExist"}]}
            """);

        LabelSelector.Matches(selector, Parse("""{"app":"web","tier":"b"}""")).ShouldBeTrue();
        LabelSelector.Matches(selector, Parse("""{"app":"web","tier":"c"}""")).ShouldBeFalse();
        LabelSelector.Matches(selector, Parse("""{"app":"web","tier":"b","old":""}""")).ShouldBeFalse();
        LabelSelector.MatchesMap(new JsonObject(), Parse("""{"app":"web"}""")).ShouldBeFalse("an empty service selector selects nothing");
    }

    private static JsonObject Pod(string name, string address, bool ready, bool going = false)
    {
        JsonObject pod = Parse($$$"""
            {"metadata":{"name":"{{{name}}}","namespace":"a","uid":"{{{name}}}","labels":{"app":"web"}},
             "spec":{"nodeName":"n","containers":[{"name":"c","ports":[{"name":"web","containerPort":8080,"protocol":"TCP"}]}]},
             "status":{"podIP":"{{{address}}}","conditions":[{"type":"Ready","status":"{{{(ready ? "True" : "False")}}}"}] } }
            """);
        if (going)
        {
            pod["metadata"]!["deletionTimestamp"] = "2023-10-11T00:00:00Z";
        }

        return pod;
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
