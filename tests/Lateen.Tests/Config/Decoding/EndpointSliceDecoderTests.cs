using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Kubernetes;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding;

public sealed class EndpointSliceDecoderTests
{
    [Theory]
    [InlineData("discovery.k8s.io/v1", """ "nodeName": "a" """)]
    [InlineData("discovery.k8s.io/v1beta1", """ "topology": {"kubernetes.io/hostname": "a", "topology.kubernetes.io/zone": "z"} """)]
    public void Read_EitherVersion_SameEndpoints(string version, string place)
    {
        var slice = (JsonObject)JsonNode.Parse(
            $$"""
            {"apiVersion": "{{version}}", "kind": "EndpointSlice", "addressType": "IPv4",
             "metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"} },
             "ports": [{"name": "http", "port": 8080}],
             "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "web-0"}, {{place}} }]}
            """)!;
        var read = EndpointSliceDecoder.Read(slice);
        (read.Namespace, read.Name, read.ServiceName).ShouldBe(("shop", "web-1", "web"));
        read.Ports.ShouldBe([new SlicePort("http", 8080)]);
        read.Endpoints.ShouldBe([new SliceEndpoint("10.0.0.1", true, false, "web-0", "a", "")]);
    }
}
