using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Api;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Http;
using Lateen.ControlPlane.Secrets;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;
using Lateen.Security;
using Lateen.Translation.Secrets;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Secrets;

public class SecretDiscoveryTests
{
    private const string GatewayId = "router~10.244.0.9~gateway.istio-system~istio-system.svc.cluster.local";

    private const string Web = """
        apiVersion: v1
        kind: Secret
        metadata: {name: web, namespace: istio-system}
        type: kubernetes.io/tls
        data: {tls.crt: b25l, tls.key: a2V5, ca.crt: Y2E=}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gateway_GetsTheSecretOfItsNamespace_AndItsChangeAtOnce()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Web, Cancellation);
        using var gateway = await GatewayAsync(bed);
        IReadOnlyDictionary<string, Google.Protobuf.ByteString> got = await gateway.AskAsync(
            TypeUrls.Secret, ["kubernetes://web", "kubernetes://web-cacert", "kubernetes://missing", "default"], Cancellation);
        if (got.Count == 0)
        {
            // The Secret was on its way to the control plane.
            got = await gateway.NextAsync(TypeUrls.Secret, Cancellation);
        }

        got.Keys.ShouldBe(["kubernetes://web", "kubernetes://web-cacert"]);
        var certificate = Secret.Parser.ParseFrom(got["kubernetes://web"]).TlsCertificate;
        certificate.CertificateChain.InlineBytes.ToStringUtf8().ShouldBe("one");
        certificate.PrivateKey.InlineBytes.ToStringUtf8().ShouldBe("key");
        Secret.Parser.ParseFrom(got["kubernetes://web-cacert"]).ValidationContext.TrustedCa.InlineBytes.ToStringUtf8().ShouldBe("ca");

        await bed.Client.PatchAsync(
            ResourceTypes.Secrets,
            new ObjectKey("istio-system", "web"),
            PatchKind.Merge,
            System.Text.Json.Nodes.JsonNode.Parse("""{"data":{"tls.crt":"dHdv"}}""")!,
            Cancellation);
        var next = await gateway.NextAsync(TypeUrls.Secret, Cancellation);
        Secret.Parser.ParseFrom(next["kubernetes://web"]).TlsCertificate.CertificateChain.InlineBytes.ToStringUtf8().ShouldBe("two");
    }

    [Fact]
    public async Task Secret_OfAnotherNamespace_IsNotGivenOut()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Web.Replace("istio-system", "default", StringComparison.Ordinal), Cancellation);
        using var gateway = await GatewayAsync(bed);
        (await gateway.AskAsync(TypeUrls.Secret, ["kubernetes://default/web", "kubernetes-gateway://default/web"], Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Secret_OfAnotherNamespace_IsGivenToGatewaysThatItGrantsIt()
    {
        var meta = new ConfigMeta { Kind = "ReferenceGrant", Name = "grant", Namespace = "certs" };
        var grants = new ReferenceGrants([new ReferenceGrant(meta, [new GrantedFrom(GatewayNames.Group, "Gateway", "infra")], [new GrantedTo("", "Secret", "web")])]);
        CredentialSecret Find(string ns, string name) => new(ns, name, new Dictionary<string, byte[]> { ["tls.crt"] = [1], ["tls.key"] = [2] });
        var discovery = new SecretDiscovery(Find, (_, _) => ValueTask.FromResult(true), () => grants, NullLogger.Instance);
        string[] names = ["kubernetes-gateway://certs/web", "kubernetes-gateway://certs/other", "kubernetes://certs/web"];

        var infra = await discovery.GenerateAsync("gateway", new SpiffeId("cluster.local", "infra", "gateway"), names.ToHashSet(), Cancellation);
        var other = await discovery.GenerateAsync("gateway", new SpiffeId("cluster.local", "other", "gateway"), names.ToHashSet(), Cancellation);

        infra.Select(resource => resource.Name).ShouldBe(["kubernetes-gateway://certs/web"]);
        other.ShouldBeEmpty();
    }

    [Fact]
    public async Task PlaintextPort_GivesNoSecrets()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        await bed.ApplyAsync(Web, Cancellation);
        using var gateway = new TestProxy(bed.AddressOf(ServerPort.Xds), GatewayId);
        (await gateway.AskAsync(TypeUrls.Secret, ["kubernetes://web"], Cancellation)).ShouldBeEmpty();
    }

    private static async Task<TestProxy> GatewayAsync(ControlPlaneBed bed) => new(
        bed.AddressOf(ServerPort.SecureXds),
        GatewayId,
        await bed.RootAsync(Cancellation),
        await bed.TokenAsync("istio-system", "gateway", "istio-ca", Cancellation));
}
