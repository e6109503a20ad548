using System.Text.Json.Nodes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>Scenario 5: the ingress gateway ends TLS with the certificate of a Secret, and takes a new one without a restart.</summary>
[Collection<WalkthroughMesh>]
public sealed class HttpsTests(WalkthroughMesh mesh) : IDisposable
{
    private const string Namespace = "securesvc";
    private const string Host = "httpsserver.zhongmingmao.io";
    private const string Credential = "zhongmingmao-credential";

    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-https-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Gateway_WithItsSecret_SpeaksTls13AndTakesTheNextCertificateWithoutARestart()
    {
        SandboxMesh.SkipUnlessPossible();
        await ApplySecretAsync("first");
        await mesh.PrepareAsync(Namespace, ["https/httpserver.yaml"], "httpserver");
        await mesh.ApplyAsync(Namespace, SandboxMesh.Sample("https/istio-specs.yaml"));
        string address = await mesh.IngressAddressAsync();

        ProcessOutcome answer = await Eventually.BecomesAsync(
            () => CurlAsync(address, Host), a => a.Error.Contains("HTTP/2 200", StringComparison.Ordinal), $"https://{Host} with 200");

        answer.Error.ShouldContain("SSL connection using TLSv1.3");
        answer.Error.ShouldContain("server accepted h2");
        answer.Error.ShouldContain("subject: O=zhongmingmao Inc.; CN=*.zhongmingmao.io");
        answer.Error.ShouldContain("< server: istio-envoy");
        answer.Output.ShouldContain("Welcome to nginx!");

        // A name that no server of the gateway has: closed before any certificate is shown.
        (await CurlAsync(address, "other.example.org")).ExitCode.ShouldBe(35, "TLS connect error");
        (await ShownAsync(address, "other.example.org")).Output.ShouldContain("no peer certificate available");
        (await CurlAsync(address, Host)).Error.ShouldContain("HTTP/2 200");

        string first = await SerialAsync(address);
        string gateway = await GatewayAsync();
        await ApplySecretAsync("second");
        string second = await Eventually.BecomesAsync(() => SerialAsync(address), serial => serial != first, "another certificate");
        second.ShouldBe(await SerialOfFileAsync("second"));
        (await CurlAsync(address, Host)).Error.ShouldContain("HTTP/2 200");
        (await GatewayAsync()).ShouldBe(gateway, "neither another pod nor a restarted container");
    }

    private static Task<ProcessOutcome> CurlAsync(string address, string host) =>
        ProcessRun.RunAsync("curl", ["--resolve", $"{host}:443:{address}", $"https://{host}/", "-svk", "--max-time", "10"]);

    private static Task<ProcessOutcome> ShownAsync(string address, string host) =>
        ProcessRun.RunAsync("openssl", ["s_client", "-connect", $"{address}:443", "-servername", host]);

    private static async Task<string> SerialAsync(string address) =>
        (await ProcessRun.RunAsync("openssl", ["x509", "-noout", "-serial"], (await ShownAsync(address, Host)).Output)).MustSucceed().Output.Trim();

    private async Task<string> SerialOfFileAsync(string name) =>
        (await ProcessRun.RunAsync("openssl", ["x509", "-noout", "-serial", "-in", PathOf(name, "crt")])).MustSucceed().Output.Trim();

    // The pod's name and how often its container was started.
    private async Task<string> GatewayAsync() => (await mesh.KubectlAsync(
        ["get", "pod", "-n", "istio-system", "-l", "istio=ingressgateway", "-o", "jsonpath={.items[*].metadata.name} {.items[*].status.containerStatuses[*].restartCount}"]))
        .MustSucceed().Output;

    private async Task ApplySecretAsync(string name)
    {
        (await ProcessRun.RunAsync(
            "openssl",
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/O=zhongmingmao Inc./CN=*.zhongmingmao.io",
                "-keyout", PathOf(name, "key"), "-out", PathOf(name, "crt")])).MustSucceed();
        JsonObject secret = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = Credential, ["namespace"] = "istio-system" },
            ["type"] = "kubernetes.io/tls",
            ["data"] = new JsonObject { ["tls.crt"] = await Base64Async(name, "crt"), ["tls.key"] = await Base64Async(name, "key") },
        };
        (await mesh.KubectlAsync(["apply", "-f", "-"], secret.ToJsonString())).MustSucceed();
    }

    private async Task<string> Base64Async(string name, string kind) => Convert.ToBase64String(await File.ReadAllBytesAsync(PathOf(name, kind)));

    private string PathOf(string name, string kind) => Path.Combine(_folder, $"{name}.{kind}");
}
