using System.Net;
using System.Text.Json.Nodes;
using Lateen.ScenarioTests.Mesh;
using Xunit;

namespace Lateen.ScenarioTests.RealKubernetes;

/// <summary>One replica of lateend beside a real API server.</summary>
internal sealed class ControlPlaneProcess : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly BackgroundProcess _process;
    private readonly int _port, _xdsPort;

    private ControlPlaneProcess(BackgroundProcess process, int port, int xdsPort) => (_process, _port, _xdsPort) = (process, port, xdsPort);

    /// <summary>Where xDS and the CA are served over TLS.</summary>
    public string SecureXds => $"127.0.0.1:{_xdsPort}";

    /// <summary>All that it has written so far.</summary>
    public string Log => _process.Log;

    /// <param name="kubeconfig">Whom it is to the API server.</param>
    /// <param name="pod">The name of its pod.</param>
    /// <param name="webhooks">Where the API server calls its webhooks; null for a port that nobody calls.</param>
    public static ControlPlaneProcess Start(RealCluster cluster, string kubeconfig, string pod, string? webhooks = null)
    {
        int port = RealCluster.FreePort(), xdsPort = RealCluster.FreePort();
        return new ControlPlaneProcess(
            BackgroundProcess.Start(
                Path.Combine(AppContext.BaseDirectory, "lateend"),
                ["discovery", "--kubeconfig", kubeconfig, "--httpAddr", "127.0.0.1:0", "--httpsAddr", webhooks is null ? "127.0.0.1:0" : $"{webhooks}:443",
                    "--grpcAddr", "127.0.0.1:0", "--secureGRPCAddr", $"127.0.0.1:{xdsPort}", "--monitoringAddr", $"127.0.0.1:{port}"],
                Path.Combine(cluster.Folder, $"{pod}.log"),
                new Dictionary<string, string> { ["POD_NAME"] = pod, ["POD_NAMESPACE"] = "istio-system", ["REVISION"] = "default" }),
            port,
            xdsPort);
    }

    /// <summary>Starts a replica as the shipped service account and waits until it is ready.</summary>
    public static async Task<ControlPlaneProcess> StartReadyAsync(RealCluster cluster, string pod, string? webhooks = null)
    {
        ControlPlaneProcess started = Start(cluster, await cluster.KubeconfigOfAsync("istio-system", "istiod"), pod, webhooks);
        await started.UntilReadyAsync();
        return started;
    }

    /// <summary>Waits until it is ready.</summary>
    public Task UntilReadyAsync() => Eventually.BecomesAsync(ReadinessAsync, answer => answer == "OK", "lateend being ready");

    /// <summary>`OK`, or why it is not ready.</summary>
    public async Task<string> ReadinessAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"lateend ended:\n{Log}");
        }

        try
        {
            using HttpResponseMessage answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{_port}/ready"), TestContext.Current.CancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? "OK" : await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
    }

    /// <summary>A debug page.</summary>
    public async Task<JsonArray> PageAsync(string path) => (JsonArray)JsonNode.Parse(
        await _http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}{path}"), TestContext.Current.CancellationToken))!;

    /// <summary>What is in force: `Kind namespace/name` of each Istio object, and the host of each service.</summary>
    public async Task<IReadOnlySet<string>> InForceAsync()
    {
        JsonArray configs = await PageAsync("/debug/configz"), services = await PageAsync("/debug/registryz");
        return configs.Select(c => $"{c!["kind"]} {c["metadata"]!["namespace"]}/{c["metadata"]!["name"]}")
            .Concat(services.Select(s => $"{s!["hostname"]}"))
            .ToHashSet();
    }

    /// <summary>Waits until all of these are in force.</summary>
    public Task<IReadOnlySet<string>> UntilInForceAsync(params string[] wanted) =>
        Eventually.BecomesAsync(InForceAsync, names => wanted.All(names.Contains), $"{string.Join(", ", wanted)} being in force");

    /// <summary>Waits until none of these is in force.</summary>
    public Task<IReadOnlySet<string>> UntilGoneAsync(params string[] unwanted) =>
        Eventually.BecomesAsync(InForceAsync, names => !unwanted.Any(names.Contains), $"{string.Join(", ", unwanted)} being gone");

    /// <summary>Asks it to stop, as a node does, and waits until it has.</summary>
    public Task StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
    }
}
