using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>Tokens that a real API server issues: lateend has them reviewed there and signs certificates for whom they are.</summary>
public sealed class IdentityTests(RealCluster cluster) : IClassFixture<RealCluster>
{
    /// <summary>Asks for a certificate with a token, as Debian's python3-grpcio speaks gRPC; prints the chain or the status.</summary>
    /// <remarks>Field 1 of IstioCertificateRequest is the request in PEM, field 1 of the response the chain's certificates.</remarks>
    private const string Client =
        """
        import sys, grpc
        address, root, request, token = sys.argv[1:]
        pem = open(request, 'rb').read()
        length, prefix = len(pem), b'\x0a'
        while length > 127:
            prefix, length = prefix + bytes([length % 128 + 128]), length // 128
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(open(root, 'rb').read()),
                                      [('grpc.ssl_target_name_override', 'istiod.istio-system.svc'), ('grpc.enable_http_proxy', 0)])
        create = channel.unary_unary('/istio.v1.auth.IstioCertificateService/CreateCertificate')
        try:
            sys.stdout.write(create(prefix + bytes([length]) + pem, metadata=[('authorization', 'Bearer ' + token)], timeout=20).decode('utf-8', 'replace'))
        except grpc.RpcError as error:
            print(error.code().name, error.details())
        """;

    [Fact]
    public async Task Token_OfTheRightAudience_GetsACertificateForItsServiceAccount()
    {
        RealCluster.SkipUnlessPossible();
        await using ControlPlaneProcess lateend = await ControlPlaneProcess.StartReadyAsync(cluster, "istiod-ca");
        await cluster.ApplyAsync("{apiVersion: v1, kind: ServiceAccount, metadata: {name: reviews, namespace: default}}");
        string request = Path.Combine(cluster.Folder, "request.pem"), root = Path.Combine(cluster.Folder, "root.pem"), chain = Path.Combine(cluster.Folder, "chain.pem");
        (await ProcessRun.RunAsync("openssl", ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/", "-keyout", "/dev/null", "-out", request])).MustSucceed();
        await File.WriteAllTextAsync(
            root,
            await Eventually.BecomesAsync(
                async () => (await cluster.Client.FindAsync(ResourceTypes.ConfigMaps, "default", "istio-ca-root-cert", TestContext.Current.CancellationToken)).Text("data", "root-cert.pem"),
                pem => pem.Length > 0,
                "the root certificate being in namespace default"),
            TestContext.Current.CancellationToken);

        string answer = await AskAsync(lateend, root, request, await TokenAsync("istio-ca"));
        answer.ShouldContain("-----BEGIN CERTIFICATE-----");
        await File.WriteAllTextAsync(chain, answer[answer.IndexOf("-----BEGIN", StringComparison.Ordinal)..], TestContext.Current.CancellationToken);
        (await ProcessRun.RunAsync("openssl", ["x509", "-in", chain, "-noout", "-ext", "subjectAltName"])).MustSucceed()
            .Output.ShouldContain("URI:spiffe://cluster.local/ns/default/sa/reviews");

        // A token for the API server itself is none for the mesh.
        (await AskAsync(lateend, root, request, await TokenAsync("https://kubernetes.default.svc"))).ShouldStartWith("UNAUTHENTICATED");
    }

    private static async Task<string> AskAsync(ControlPlaneProcess lateend, string root, string request, string token) =>
        (await ProcessRun.RunAsync("/usr/bin/python3", ["-c", Client, lateend.SecureXds, root, request, token])).MustSucceed().Output;

    private async Task<string> TokenAsync(string audience)
    {
        JsonObject request = new()
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject { ["audiences"] = new JsonArray(audience), ["expirationSeconds"] = 3600 },
        };
        return (await cluster.Client.CreateAsync(ResourceTypes.ServiceAccounts, "default", request, TestContext.Current.CancellationToken, "reviews", "token")).Text("status", "token");
    }
}
