using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Api;

public sealed class XdsJsonWriterTests
{
    [Fact]
    public void Write_KnownTypes_AgreesWithProtobufsOwnFormatter()
    {
        var cluster = new Cluster
        {
            Name = "a",
            Type = Cluster.Types.DiscoveryType.Eds,
            ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
            Metadata = new Metadata { FilterMetadata = { ["istio"] = new Struct { Fields = { ["x"] = Value.ForNumber(1) } } } },
            PerConnectionBufferLimitBytes = 0,
            LoadAssignment = new ClusterLoadAssignment
            {
                Endpoints = { new LocalityLbEndpoints { LoadBalancingWeight = 3, LbEndpoints = { new LbEndpoint { HealthStatus = HealthStatus.Draining } } } },
            },
            TypedExtensionProtocolOptions = { ["o"] = Any.Pack(new Locality { Zone = "z" }) },
        };
        JsonNode.DeepEquals(JsonNode.Parse(XdsJsonWriter.Write(cluster)), JsonNode.Parse(XdsJson.FormatWithProtoNames(cluster))).ShouldBeTrue(XdsJsonWriter.Write(cluster));
    }

    [Fact]
    public void Write_AnyOfUnknownType_PrintsItsUrlAndBytes() =>
        XdsJsonWriter.Write(new TypedExtensionConfig { Name = "n", TypedConfig = new Any { TypeUrl = "type.googleapis.com/no.Such", Value = ByteString.CopyFrom(1, 2) } })
            .ShouldContain("\"@type\": \"type.googleapis.com/no.Such\"");

    [Fact]
    public void Write_Full_PrintsDefaults() =>
        XdsJsonWriter.Write(new Locality(), isFull: true).ShouldContain("\"sub_zone\": \"\"");
}
