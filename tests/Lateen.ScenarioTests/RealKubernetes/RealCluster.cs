using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ScenarioTests.Mesh;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>A real kube-apiserver over an etcd of its own, on free loopback ports, with what deploy/ ships for the control plane.</summary>
/// <remarks>
/// ClusterIPs are loopback addresses, so that the API server reaches a Service on this machine by dialing its ClusterIP, and webhooks are called as
/// their manifests say. No node and no controllers: what they would write, the tests write. Tests are skipped where the programs are not at hand.
/// </remarks>
public sealed class RealCluster : IAsyncLifetime
{
    /// <summary>Where the API server is taken from: $KUBE_HOME/bin/kube-apiserver.</summary>
    private static readonly string Programs = Path.Combine(
        Environment.GetEnvironmentVariable("KUBE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache/lateen-real-kubernetes"),
        "bin");

    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-real-").FullName;
    private readonly string _token = Guid.NewGuid().ToString("N");
    private readonly int _etcdPort = FreePort(), _peerPort = FreePort(), _apiPort = FreePort();
    private BackgroundProcess? _etcd, _server;
    private KubernetesClient? _client;

    /// <summary>The administrator's kubeconfig.</summary>
    public string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>A client with all rights.</summary>
    public KubernetesClient Client => _client ??= new(KubeConfig.Load(Kubeconfig));

    /// <summary>Skips the calling test, saying why, where there is no API server to test against.</summary>
    public static void SkipUnlessPossible() => Assert.SkipWhen(Missing() is not null, Missing() ?? "");

    public async ValueTask InitializeAsync()
    {
        if (Missing() is not null)
        {
            return;
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "tokens.csv"), $"{_token},admin,admin,\"system:masters\"\n");
        (await ProcessRun.RunAsync("openssl", ["genrsa", "-out", Path.Combine(_folder, "sa.key"), "2048"])).MustSucceed();
        await WriteKubeconfigAsync(Kubeconfig, _token);
        await StartEtcdAsync();
        await StartServerAsync();
        await DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        foreach (BackgroundProcess process in new[] { _server, _etcd }.OfType<BackgroundProcess>())
        {
            await process.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts etcd on the data that is there, or on none.</summary>
    internal Task StartEtcdAsync()
    {
        _etcd = BackgroundProcess.Start(
            "etcd",
            ["--data-dir", Path.Combine(_folder, "etcd"), "--listen-client-urls", $"http://127.0.0.1:{_etcdPort}", "--advertise-client-urls", $"http://127.0.0.1:{_etcdPort}",
                "--listen-peer-urls", $"http://127.0.0.1:{_peerPort}", "--unsafe-no-fsync"],
            Path.Combine(_folder, "etcd.log"));
        return Task.CompletedTask;
    }

    /// <summary>Stops etcd.</summary>
    internal Task StopEtcdAsync() => _etcd!.KillAsync();

    /// <summary>Throws away all that etcd has stored; it must be stopped.</summary>
    internal void LoseData() => Directory.Delete(Path.Combine(_folder, "etcd"), recursive: true);

    /// <summary>Stops the API server as a crash does.</summary>
    internal Task KillServerAsync() => _server!.KillAsync();

    /// <summary>Starts the API server and waits until it is ready.</summary>
    internal async Task StartServerAsync()
    {
        string key = Path.Combine(_folder, "sa.key");
        _server = BackgroundProcess.Start(
            Path.Combine(Programs, "kube-apiserver"),
            [$"--etcd-servers=http://127.0.0.1:{_etcdPort}", "--service-account-issuer=https://kubernetes.default.svc", $"--service-account-key-file={key}",
                $"--service-account-signing-key-file={key}", $"--token-auth-file={Path.Combine(_folder, "tokens.csv")}", "--authorization-mode=Node,RBAC",
                $"--cert-dir={Certificates}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", $"--secure-port={_apiPort}",
                $"--service-cluster-ip-range=127.{64 + (_apiPort % 128)}.{_apiPort / 256}.0/24", "--allow-privileged"],
            Path.Combine(_folder, "kube-apiserver.log"));
        await Eventually.BecomesAsync(
            async () => _server.HasExited ? throw new InvalidOperationException($"the API server ended:\n{_server.Log}") : await ReadyAsync(),
            answer => answer == "ok",
            "the API server being ready");
    }

    /// <summary>Applies what deploy/ ships for the control plane: kinds, access, settings, Service, injection and webhooks.</summary>
    internal async Task DeployAsync()
    {
        foreach (string path in (string[])["crds", "control-plane/10-namespace.yaml", "control-plane/20-access.yaml", "control-plane/30-mesh-config.yaml", "control-plane/40-istiod.yaml",
            "injection/configmap.yaml"])
        {
            (await KubectlAsync(["apply", "-f", Shipped(path)])).MustSucceed();
        }

        (await KubectlAsync(["wait", "--for=condition=established", "crd", "--all", "--timeout=30s"])).MustSucceed();
    }

    /// <summary>Applies the webhook configurations that deploy/ ships.</summary>
    internal async Task DeployWebhooksAsync() =>
        (await KubectlAsync(["apply", "-f", Shipped("injection/webhooks.yaml"), "-f", Shipped("control-plane/50-validation.yaml")])).MustSucceed();

    /// <summary>The address that the API server dials for the Service istiod.</summary>
    internal async Task<string> ServiceAddressAsync() =>
        (await Client.GetAsync(ResourceTypes.Services, "istio-system", "istiod", TestContext.Current.CancellationToken)).Text("spec", "clusterIP");

    /// <summary>Runs a stock kubectl as administrator; <paramref name="input"/> is its standard input, in YAML.</summary>
    /// <remarks>kubectl takes what begins with a brace for JSON; a document's mark makes it YAML.</remarks>
    internal Task<ProcessOutcome> KubectlAsync(IEnumerable<string> arguments, string? input = null) =>
        ProcessRun.RunAsync("kubectl", arguments, input is null ? null : "---\n" + input, new Dictionary<string, string> { ["KUBECONFIG"] = Kubeconfig, ["HOME"] = _folder });

    /// <summary>Applies a manifest.</summary>
    internal async Task ApplyAsync(string manifest) => (await KubectlAsync(["apply", "-f", "-"], manifest)).MustSucceed();

    /// <summary>A file below deploy/.</summary>
    internal static string Shipped(string path) => Path.GetFullPath(Path.Combine(SandboxMesh.Executables, "../deploy", path));

    /// <summary>A folder for what a test writes.</summary>
    internal string Folder => _folder;

    /// <summary>Writes a kubeconfig that lets in as a service account, which must exist.</summary>
    internal async Task<string> KubeconfigOfAsync(string ns, string account)
    {
        JsonObject request = new() { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject { ["expirationSeconds"] = 3600 } };
        JsonObject answer = await Client.CreateAsync(ResourceTypes.ServiceAccounts, ns, request, TestContext.Current.CancellationToken, account, "token");
        string path = Path.Combine(_folder, $"kubeconfig-{Guid.NewGuid():N}");
        await WriteKubeconfigAsync(path, answer.Text("status", "token"));
        return path;
    }

    private string Certificates => Path.Combine(_folder, "certs");

    private async Task<string> ReadyAsync()
    {
        try
        {
            // The client reads the certificate that the API server makes at its first start.
            return File.Exists(Path.Combine(Certificates, "apiserver.crt")) ? await Client.GetTextAsync("/readyz", TestContext.Current.CancellationToken) : "no certificate";
        }
        catch (KubernetesApiException error)
        {
            return error.Message;
        }
    }

    private Task WriteKubeconfigAsync(string path, string token) => File.WriteAllTextAsync(
        path,
        $$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: real, cluster: {server: "https://127.0.0.1:{{_apiPort}}", certificate-authority: {{Certificates}}/apiserver.crt} }]
        users: [{name: user, user: {token: {{token}} } }]
        contexts: [{name: real, context: {cluster: real, user: user} }]
        current-context: real

        """);

    private static string? Missing()
    {
        if (Environment.UserName != "root")
        {
            return "the webhooks' port 443 needs root";
        }

        string server = Path.Combine(Programs, "kube-apiserver");
        return !File.Exists(server) ? $"there is no real API server here: {server} does not exist; KUBE_HOME names the folder above bin"
            : !IsOnPath("etcd") ? "etcd is not installed (Debian's etcd-server)"
            : IsOnPath("kubectl") ? null : "kubectl is not installed (Debian's kubernetes-client)";
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>A port that nobody listens on.</summary>
    internal static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
