using Envoy.Config.Cluster.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Agent.XdsFiles;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent.XdsFiles;

public sealed class XdsFileTests
{
    private const string ClusterType = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

    [Fact]
    public void Parse_YamlDocumentsOfResources_GroupsThemByType()
    {
        IReadOnlyDictionary<string, IReadOnlyList<Any>> found = XdsFile.Parse($"""
            "@type": {ClusterType}
            name: one
            connect_timeout: 0.25s
            ---
            - "@type": {ClusterType}
              name: "2"
            - "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
              name: routes
            """);

        found[TypeUrls.Cluster].Select(r => Cluster.Parser.ParseFrom(r.Value).Name).ShouldBe(["one", "2"]);
        Cluster.Parser.ParseFrom(found[TypeUrls.Cluster][0].Value).ConnectTimeout.Nanos.ShouldBe(250_000_000);
        found[TypeUrls.RouteConfiguration].Count.ShouldBe(1);
    }

    [Fact]
    public void Parse_DiscoveryResponsesInJson_TakesTheirResources() =>
        XdsFile.Parse($$"""[{"type_url":"{{ClusterType}}","version_info":"1","resources":[{"@type":"{{ClusterType}}","name":"a"}]}]""")[TypeUrls.Cluster]
            .Count.ShouldBe(1);

    [Fact]
    public void Parse_BootstrapForm_TakesStaticResources()
    {
        IReadOnlyDictionary<string, IReadOnlyList<Any>> found = XdsFile.Parse("""
            static_resources:
              listeners: [{name: l, address: {socket_address: {address: 127.0.0.1, port_value: 80}}}]
              clusters:
              - name: c
                type: STATIC
            """);

        found[TypeUrls.Listener].Count.ShouldBe(1);
        Cluster.Parser.ParseFrom(found[TypeUrls.Cluster][0].Value).Type.ShouldBe(Cluster.Types.DiscoveryType.Static);
    }

    [Theory]
    [InlineData("a: [", "line 2, column 1")]
    [InlineData("hello", "document: expected a resource")]
    [InlineData("resources: [{name: x}]", "resources[0]: expected a resource")]
    [InlineData("resources:\n- '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster\n  nam: x", "resources[0]: Unknown field: nam")]
    [InlineData("'@type': type.googleapis.com/not.There", "not.There")]
    public void Parse_WhatIsNotResources_SaysWhere(string text, string expected) =>
        Should.Throw<InvalidDataException>(() => XdsFile.Parse(text)).Message.ShouldContain(expected);
}
