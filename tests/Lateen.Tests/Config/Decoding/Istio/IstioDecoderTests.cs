using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Model;
using Lateen.Model.Networking;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Config.Decoding.Istio;

public class IstioDecoderTests
{
    private const string Canary = """
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: canary, namespace: shop}
        spec:
          hosts: [canary]
          http:
            - match:
                - headers: {user: {exact: jason}}
                  uri: {prefix: /a}
              route:
                - destination: {host: canary, subset: v2, port: {number: 80}}
                  weight: 90
                - destination: {host: canary, subset: v1}
                  weight: 10
              timeout: 1m30s
              retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx,503"}
        """;

    private static Decoded<IIstioConfig> Decode(string yaml)
    {
        var syntax = new List<ConfigProblem>();
        return IstioDecoder.Decode(YamlTree.Read(yaml, "f.yaml", syntax).Single(), "f.yaml");
    }

    [Fact]
    public void VirtualService_IsReadAsWritten()
    {
        var decoded = Decode(Canary);
        decoded.Problems.ShouldBeEmpty();
        var service = decoded.Value.ShouldBeOfType<VirtualServiceConfig>();
        service.Meta.ToString().ShouldBe("VirtualService shop/canary");
        var http = service.Http.Single();
        http.Match[0].Headers["user"].ShouldBe(StringMatch.Exact("jason"));
        http.Match[0].Uri.ShouldBe(StringMatch.Prefix("/a"));
        http.Route[0].ShouldBe(new HttpRouteDestination(new Destination("canary", "v2", 80), 90));
        http.Timeout.ShouldBe(TimeSpan.FromSeconds(90));
        http.Retries.ShouldBe(new HttpRetry(3, TimeSpan.FromSeconds(2), "5xx,503"));
    }

    [Theory]
    [InlineData("v1alpha3")]
    [InlineData("v1")]
    public void Versions_AreReadAlike(string version) =>
        Decode(Canary.Replace("v1beta1", version, StringComparison.Ordinal)).IsValid.ShouldBeTrue();

    [Theory]
    [InlineData("weight: 90", "weight: -1", "f.yaml:12 VirtualService shop/canary spec.http[0].route[0].weight: value -1")]
    [InlineData("attempts: 3", "attempts: 0", "f.yaml:16 VirtualService shop/canary spec.http[0].retries: retries are off")]
    [InlineData("1m30s", "soon", "f.yaml:15 VirtualService shop/canary spec.http[0].timeout: \"soon\" where a duration")]
    [InlineData("5xx,503", "5xy", "f.yaml:16 VirtualService shop/canary spec.http[0].retries.retryOn: \"5xy\" is no retry condition: did you mean 5xx?")]
    [InlineData("hosts: [canary]", "hosts: [canary, canary]", "f.yaml:5 VirtualService shop/canary spec.hosts[1]: \"canary\" and \"canary\" overlap")]
    [InlineData("prefix: /a", "prefix: /a, exact: /b", "f.yaml:9 VirtualService shop/canary spec.http[0].match[0].uri: more than one of exact, prefix, regex")]
    public void VirtualService_WrongValue_IsReportedWithLineAndPath(string right, string wrong, string message)
    {
        var problems = Decode(Canary.Replace(right, wrong, StringComparison.Ordinal)).Problems;
        problems.ShouldContain(problem => problem.ToString().StartsWith(message, StringComparison.Ordinal), problems.ToString());
    }

    [Fact]
    public void DestinationRule_IsReadAsWritten()
    {
        var decoded = Decode("""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: canary, namespace: shop}
            spec:
              host: canary
              trafficPolicy:
                loadBalancer: {simple: RANDOM}
                outlierDetection: {consecutive5xxErrors: 5, interval: 10s}
              subsets:
                - {name: v1, labels: {version: v1}}
                - name: v2
                  labels: {version: v2}
                  trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}
            """);
        decoded.Problems.ShouldBeEmpty();
        var rule = decoded.Value.ShouldBeOfType<DestinationRuleConfig>();
        rule.TrafficPolicy!.LoadBalancer!.Simple.ShouldBe(SimpleLoadBalancer.Random);
        rule.TrafficPolicy.OutlierDetection!.Consecutive5xxErrors.ShouldBe(5u);
        rule.Subsets[1].TrafficPolicy!.LoadBalancer!.Simple.ShouldBe(SimpleLoadBalancer.RoundRobin);
        rule.Subsets[1].Labels["version"].ShouldBe("v2");
    }

    [Fact]
    public void UnknownKind_IsRefusedByName() =>
        Decode("{apiVersion: networking.istio.io/v1, kind: Virtual, metadata: {name: x}}").Problems.Single().What
            .ShouldContain("networking.istio.io/v1 Virtual is no kind of Istio");
}
