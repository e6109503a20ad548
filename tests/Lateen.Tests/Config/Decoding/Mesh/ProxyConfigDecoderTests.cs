using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Mesh;
using Lateen.Model.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding.Mesh;

public sealed class ProxyConfigDecoderTests
{
    [Fact]
    public void Topology_OfAGateway_IsRead()
    {
        var topology = Read("gatewayTopology: {numTrustedProxies: 2, forwardClientCertDetails: APPEND_FORWARD, proxyProtocol: {}}").GatewayTopology!;

        topology.ShouldBe(new GatewayTopology(2, ForwardClientCertDetails.AppendForward, ProxyProtocol: true));
    }

    [Fact]
    public void Tracing_WithoutTracer_KeepsTheDefaultAndTakesTheRest()
    {
        var tracing = Read("tracing: {sampling: 50, maxPathTagLength: 99, customTags: {team: {literal: {value: red}}}}").Tracing!;

        (tracing.Kind, tracing.Address).ShouldBe((ProxyTracerKind.Zipkin, "zipkin.istio-system:9411"));
        (tracing.Sampling, tracing.MaxPathTagLength).ShouldBe((50, 99u));
        tracing.CustomTags["team"].Literal.ShouldBe("red");
    }

    [Fact]
    public void Tracing_WithATracer_IsThatOne()
    {
        var tracing = Read("tracing: {lightstep: {address: 'collector:443', accessToken: t}}").Tracing!;

        (tracing.Kind, tracing.Address, tracing.AccessToken).ShouldBe((ProxyTracerKind.Lightstep, "collector:443", "t"));
    }

    [Fact]
    public void Headers_OfTheProxyItself_AreRead() => Read(
        "proxyHeaders: {envoyDebugHeaders: {disabled: true}, requestId: {disabled: true}, attemptCount: {disabled: true}, server: {value: edge}, forwardedClientCert: SANITIZE}")
        .ProxyHeaders.ShouldBe(new ProxyHeaders
        {
            EnvoyDebugHeadersDisabled = true,
            RequestIdDisabled = true,
            AttemptCountDisabled = true,
            ServerValue = "edge",
            ForwardedClientCert = ForwardClientCertDetails.Sanitize,
        });

    [Theory]
    [InlineData("tracing: {sampling: 101}", "tracing.sampling")]
    [InlineData("tracing: {zipkin: {address: a}, datadog: {address: b}}", "tracing")]
    [InlineData("gatewayTopology: {forwardClientCertDetails: SOMETIMES}", "gatewayTopology.forwardClientCertDetails")]
    public void Nonsense_IsToldWithItsPath(string text, string path) =>
        ProxyConfigDecoder.Decode(YamlTree.Read(text, null, []).Single()).Problems.ShouldContain(problem => problem.Where.FieldPath == path);

    private static ProxyConfig Read(string text)
    {
        var decoded = ProxyConfigDecoder.Decode(YamlTree.Read(text, null, []).Single());
        decoded.Problems.ShouldBeEmpty();
        return decoded.Value!;
    }
}
