using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>Scenario 4: from this machine through the ingress gateway.</summary>
[Collection<WalkthroughMesh>]
public sealed class IngressTests(WalkthroughMesh mesh)
{
    private const string Namespace = "simple";
    private const string Host = "host: simple.zhongmingmao.io";

    [Fact]
    public async Task Gateway_WithItsVirtualServices_AnswersWhatTheySay()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.PrepareAsync(Namespace, ["ingress/simple.yaml"], "simple");
        string address = await mesh.IngressAddressAsync();
        await mesh.ApplyAsync(Namespace, SandboxMesh.Sample("ingress/istio-specs-1.yaml"));

        string unknown = await UntilAsync(address, "x: y", "/", "HTTP/1.1 404");
        unknown.ShouldContain("server: istio-envoy");
        string known = await UntilAsync(address, Host, "/", "HTTP/1.1 200");
        known.ShouldContain("server: istio-envoy");
        known.ShouldContain("x-envoy-upstream-service-time: ");

        string trace = (await mesh.LateenAsync(["trace", "deploy/istio-ingressgateway", "-n", "istio-system", "http://simple.zhongmingmao.io/"])).MustSucceed().Output;
        trace.ShouldContain("outbound|80||simple.simple.svc.cluster.local");
        trace.ShouldContain("The request reaches the application at ");

        string applied = (await mesh.KubectlAsync(["apply", "-n", Namespace, "-f", SandboxMesh.Sample("ingress/istio-specs-2.yaml")])).MustSucceed().Output;
        applied.ShouldContain("virtualservice.networking.istio.io/simple configured");
        applied.ShouldContain("gateway.networking.istio.io/simple unchanged");
        await UntilAsync(address, Host, "/", "HTTP/1.1 404");
        await UntilAsync(address, Host, "/nginx", "HTTP/1.1 200");
    }

    [Fact]
    public async Task Policy_OfTheGateway_DeniesAlsoWhereNoRouteMatches()
    {
        SandboxMesh.SkipUnlessPossible();
        const string policy =
            """
            apiVersion: networking.istio.io/v1beta1
            kind: Gateway
            metadata: {name: edge, namespace: istio-system}
            spec:
              selector: {istio: ingressgateway}
              servers: [{port: {number: 80, name: http-edge, protocol: HTTP}, hosts: [edge.example.test]}]
            ---
            apiVersion: security.istio.io/v1beta1
            kind: AuthorizationPolicy
            metadata: {name: no-secrets, namespace: istio-system}
            spec:
              selector: {matchLabels: {istio: ingressgateway}}
              action: DENY
              rules: [{to: [{operation: {paths: ["/secret*"]}}]}]
            """;
        string address = await mesh.IngressAddressAsync();
        (await mesh.KubectlAsync(["apply", "-f", "-"], policy)).MustSucceed();
        try
        {
            await UntilAsync(address, "host: edge.example.test", "/secret", "HTTP/1.1 403");
            await UntilAsync(address, "host: edge.example.test", "/open", "HTTP/1.1 404");
        }
        finally
        {
            (await mesh.KubectlAsync(["delete", "-f", "-"], policy)).MustSucceed();
        }
    }

    // The answer's head, as soon as its status is the wanted one.
    private static async Task<string> UntilAsync(string address, string header, string path, string wanted) =>
        (await Eventually.BecomesAsync(
            () => ProcessRun.RunAsync("curl", ["-sI", "--max-time", "5", "-H", header, $"http://{address}{path}"]),
            answer => answer.Output.StartsWith(wanted, StringComparison.Ordinal),
            $"{wanted} for {path}")).Output;
}
