using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Analysis.Reports;
using Lateen.Config.Sources.Files;
using Xunit;

namespace Lateen.Tests.Config.Analysis;

/// <summary>Analyzers over objects as a person writes them: what is found, at which field, in istioctl's words.</summary>
public sealed class AnalyzerTests
{
    private const string Gateway = """
        apiVersion: networking.istio.io/v1beta1
        kind: Gateway
        metadata: {name: public, namespace: istio-system}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 8443, name: https, protocol: HTTPS}
            tls: {mode: SIMPLE, credentialName: missing}
            hosts: ["*"]
        """;

    [Fact]
    public void Route_HostUnknown_IsAnErrorAtItsLine()
    {
        var lines = Lines("""
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: reviews, namespace: default}
            spec:
              hosts: [reviews]
              http:
              - route:
                - destination:
                    host: reviewz
            """);

        Assert.Equal(["Error [IST0101] (VirtualService default/reviews mesh.yaml:9) Referenced host not found: \"reviewz\""], lines);
    }

    [Fact]
    public void Route_SeveralPortsAndNoneNamed_AsksForThePort()
    {
        var lines = Lines("""
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: reviews, namespace: default}
            spec:
              hosts: [reviews]
              http:
              - route:
                - destination: {host: reviews}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: reviews, namespace: default}
            spec: {ports: [{name: http, port: 80}, {name: http-admin, port: 81}]}
            """);

        var line = Assert.Single(lines);
        Assert.StartsWith("Error [IST0112] (VirtualService default/reviews mesh.yaml:8) ", line, StringComparison.Ordinal);
        Assert.Contains("\"reviews\" that exposes multiple ports [80 81]", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Gateway_PortAndCredentialMissing_BothAreTold()
    {
        var lines = Lines(Gateway, withGateway: true);

        Assert.Contains("Error [IST0101] (Gateway istio-system/public mesh.yaml:8) Referenced credentialName not found: \"missing\"", lines);
        Assert.Contains(
            "Warning [IST0104] (Gateway istio-system/public mesh.yaml:7) The gateway refers to a port that is not exposed on the workload (pod selector istio=ingressgateway; port 8443)",
            lines);
    }

    [Fact]
    public void Gateway_SecretIsNoCertificate_IsAnError()
    {
        var lines = Lines(Gateway + """

            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: missing, namespace: istio-system}
            data: {tls.crt: aHVzaA==, tls.key: aHVzaA==}
            """, withGateway: true);

        Assert.Contains(lines, line => line.StartsWith("Error [IST0161] (Gateway istio-system/public ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("status.sidecar.istio.io/port: seven", "Warning [IST0125]")]
    [InlineData("traffic.sidecar.istio.io/excludeOutboundIPRanges: 10.0.0.0/8", null)]
    [InlineData("traffic.sidecar.istio.io/excludeOutboundIPRanges: 10.0.0.0/99", "Warning [IST0125]")]
    [InlineData("sidecar.istio.io/nonsense: x", "Warning [IST0108]")]
    [InlineData("networking.istio.io/exportTo: x", "Warning [IST0107]")]
    [InlineData("sidecar.istio.io/inject: 'false'", "Info [IST0135]")]
    [InlineData("example.com/istio: x", null)]
    public void Annotation_OfAPod_IsJudged(string annotation, string? expected)
    {
        var lines = Lines($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: a, namespace: default, annotations: { {{annotation}} } }
            spec: {containers: [{name: app}]}
            """);

        Assert.Equal(expected is null ? [] : [expected], lines.Select(line => line[..line.IndexOf(" (", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Sidecars_ThatChooseOnePod_AreBothReported()
    {
        var lines = Lines("""
            apiVersion: v1
            kind: Pod
            metadata: {name: a, namespace: default, labels: {app: a, version: v1}}
            spec: {containers: [{name: app}]}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: Sidecar
            metadata: {name: one, namespace: default}
            spec: {workloadSelector: {labels: {app: a}}, egress: [{hosts: ["./*"]}]}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: Sidecar
            metadata: {name: two, namespace: default}
            spec: {workloadSelector: {labels: {version: v1}}, egress: [{hosts: ["./*"]}]}
            """);

        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Contains("The Sidecars [one two] in namespace \"default\" select the same workload pod \"a\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Schema_FieldUnknown_IsTheSameErrorAsAtAdmission()
    {
        var lines = Lines("""
            apiVersion: networking.istio.io/v1beta1
            kind: DestinationRule
            metadata: {name: reviews, namespace: default}
            spec: {host: reviews, subset: []}
            """);

        var line = Assert.Single(lines);
        Assert.StartsWith("Error [IST0106] (DestinationRule default/reviews mesh.yaml:4) Schema validation error: ", line, StringComparison.Ordinal);
        Assert.Contains("spec.subset", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_ThatAreNeverReached_AreTold()
    {
        var lines = Lines("""
            apiVersion: v1
            kind: Service
            metadata: {name: a, namespace: default}
            spec: {ports: [{name: http, port: 80}]}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: a, namespace: default}
            spec:
              hosts: [a]
              http:
              - {name: first, match: [{uri: {prefix: /x}}], route: [{destination: {host: a}}]}
              - {match: [{name: again, uri: {prefix: /x}}], route: [{destination: {host: a}}]}
              - {route: [{destination: {host: a}}]}
              - {match: [{uri: {prefix: /y}}], route: [{destination: {host: a}}]}
            """);

        Assert.Equal(
            [
                "Warning [IST0130] (VirtualService default/a mesh.yaml:13) VirtualService rule #1 not used (all matches used by prior rules).",
                "Warning [IST0130] (VirtualService default/a mesh.yaml:14) VirtualService rule #2 not used (only the last rule can have no matches).",
                "Info [IST0131] (VirtualService default/a mesh.yaml:13) VirtualService rule #1 match \"again\" is not used (duplicate/overlapping match in rule \"first\").",
            ],
            lines);
    }

    [Fact]
    public void Objects_ThatFitTogether_GiveNothing() => Assert.Empty(Lines("""
        apiVersion: v1
        kind: Namespace
        metadata: {name: default, labels: {istio-injection: enabled}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: reviews, namespace: default}
        spec: {selector: {app: reviews}, ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: DestinationRule
        metadata: {name: reviews, namespace: default}
        spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec:
          hosts: [reviews]
          http:
          - route: [{destination: {host: reviews.default.svc.cluster.local, subset: v1, port: {number: 80}}}]
        """));

    private static string[] Lines(string text, bool withGateway = false)
    {
        var problems = new List<ConfigProblem>();
        var documents = ConfigText.Read(text, "mesh.yaml", "default", problems);
        Assert.Empty(problems);
        var mesh = new AnalyzedMesh(withGateway ? [.. DummyGateway.Objects("istio-system", "istio-ingressgateway"), .. documents] : documents);
        return [.. AnalysisReport.Of(mesh, new ReportOptions()).Shown.Select(MessageText.Line)];
    }
}
