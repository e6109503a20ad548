using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Hosting;
using Lateen.ControlPlane.Http;
using Lateen.Sandbox.Api;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lateen.Tests.ControlPlane;

/// <summary>A Kubernetes API endpoint in memory and a control plane beside it, both on free loopback ports.</summary>
internal sealed class ControlPlaneBed : IAsyncDisposable
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly string _folder;
    private readonly ApiServer _api;
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new();
    private DiscoveryHost? _host;
    private Task _serving = Task.CompletedTask;

    private ControlPlaneBed(string folder, ApiServer api)
    {
        (_folder, _api) = (folder, api);
        var config = Path.Combine(folder, "kubeconfig");
        api.WriteKubeConfig(config);
        Options = new DiscoveryOptions
        {
            Kubernetes = KubeConfig.Load(config),
            HttpAddress = AnyPort,
            HttpsAddress = AnyPort,
            GrpcAddress = AnyPort,
            SecureGrpcAddress = AnyPort,
            MonitoringAddress = AnyPort,
            ShutdownDuration = TimeSpan.FromSeconds(1),
        };
        Client = new KubernetesClient(Options.Kubernetes);
    }

    public DiscoveryOptions Options { get; }

    public KubernetesClient Client { get; }

    public IPEndPoint AddressOf(ServerPort port) => _host!.Server.AddressOf(port);

    /// <summary>Starts the API endpoint with our CRDs and the namespace istio-system, then the control plane, and waits until it is ready.</summary>
    public static async Task<ControlPlaneBed> StartAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("lateen-controlplane-").FullName;
        var api = new ApiServer(
            new ApiServerOptions { StateFolder = Path.Combine(folder, "api"), InMemory = true, Random = Random.Shared }, NullLoggerFactory.Instance);
        await api.StartAsync(cancellation);
        var bed = new ControlPlaneBed(folder, api);
        foreach (var file in Directory.GetFiles(Path.Combine(Root(), "deploy/crds")))
        {
            await bed.ApplyAsync(await File.ReadAllTextAsync(file, cancellation), cancellation);
        }

        await bed.ApplyAsync("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}", cancellation);
        await bed.StartControlPlaneAsync(cancellation);
        return bed;
    }

    public async Task StartControlPlaneAsync(CancellationToken cancellation)
    {
        _host = await DiscoveryHost.CreateAsync(Options, NullLoggerFactory.Instance, TimeProvider.System, cancellation);
        _serving = _host.ServeAsync(Random.Shared, _stop.Token);
        await UntilAsync(() => Task.FromResult(_host.Missing is null), () => _host.Missing ?? "", cancellation);
    }

    /// <summary>Creates the objects of a YAML text.</summary>
    public async Task ApplyAsync(string yaml, CancellationToken cancellation)
    {
        foreach (var document in ConfigText.Read(yaml, null, "default", []))
        {
            var value = (JsonObject)JsonTree.ToJson(document.Node)!;
            await Client.CreateAsync(TypeOf(document), document.Resource.Namespace, value, cancellation);
        }
    }

    /// <summary>A page of the monitoring port.</summary>
    public Task<string> PageAsync(string path, CancellationToken cancellation) =>
        _http.GetStringAsync(new Uri($"http://{AddressOf(ServerPort.Monitoring)}{path}"), cancellation);

    /// <summary>Asks until it holds; the message tells what was seen last.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> seen, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await holds())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"expected state was not reached in 20 s; last seen: {seen()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        await _api.StopAsync(CancellationToken.None);
        await _api.DisposeAsync();
        Client.Dispose();
        _http.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ResourceType TypeOf(ConfigDocument document)
    {
        var kind = document.Resource.Kind;
        var plural = kind.EndsWith('y') ? kind[..^1] + "ies" : kind + (kind.EndsWith('s') ? "" : "s");
        return new ResourceType(document.Group, document.Version, plural.ToLowerInvariant(), kind, document.Resource.Namespace.Length > 0);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Lateen.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no solution above the tests");
        }

        return folder;
    }
}
