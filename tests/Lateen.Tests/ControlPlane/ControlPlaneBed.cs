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

    private static readonly ResourceType ServiceAccounts = new("", "v1", "serviceaccounts", "ServiceAccount", true);

    private readonly string _folder;
    private ApiServer _api;
    private CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new();
    private DiscoveryHost? _host;
    private Task _serving = Task.CompletedTask;
    private FaultyApi? _faulty;
    private (ApiServer Api, KubernetesClient Client)? _lost;

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

    public DiscoveryOptions Options { get; private set; }

    public KubernetesClient Client { get; private set; }

    /// <summary>What the control plane takes for the API endpoint, of a bed that was made with <see cref="PrepareFaultyAsync"/>.</summary>
    public FaultyApi Api => _faulty!;

    public IPEndPoint AddressOf(ServerPort port) => _host!.Server.AddressOf(port);

    /// <summary>Starts the API endpoint with our CRDs and the namespace istio-system, then the control plane, and waits until it is ready.</summary>
    public static async Task<ControlPlaneBed> StartAsync(CancellationToken cancellation)
    {
        var bed = await PrepareAsync(cancellation);
        await bed.StartControlPlaneAsync(cancellation);
        return bed;
    }

    /// <summary>The same with the kinds of the Gateway API, which a cluster need not have.</summary>
    public static async Task<ControlPlaneBed> StartWithGatewayApiAsync(CancellationToken cancellation)
    {
        var bed = await PrepareAsync(cancellation);
        await bed.ApplyAsync(await File.ReadAllTextAsync(Path.Combine(Root(), "deploy/gateway-api/crds.yaml"), cancellation), cancellation);
        await bed.StartControlPlaneAsync(cancellation);
        return bed;
    }

    /// <summary>Starts the same with an API endpoint that can be made to fail; the control plane is not started.</summary>
    public static async Task<ControlPlaneBed> PrepareFaultyAsync(CancellationToken cancellation)
    {
        var bed = await PrepareAsync(cancellation);
        bed._faulty = await FaultyApi.StartAsync(bed.Client, cancellation);
        bed.Options = bed.Options with { Kubernetes = new KubernetesClientOptions { Server = bed._faulty.Address } };
        return bed;
    }

    private static async Task<ControlPlaneBed> PrepareAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("lateen-controlplane-").FullName;
        var bed = new ControlPlaneBed(folder, await StartApiAsync(Path.Combine(folder, "api"), cancellation));
        await bed.ApplyKindsAsync(cancellation);
        await bed.ApplyAsync("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}", cancellation);
        return bed;
    }

    /// <summary>Puts an API endpoint with an empty store in the place of the one of a faulty bed, as if all data were lost.</summary>
    public async Task LoseDataAsync(CancellationToken cancellation)
    {
        _lost = (_api, Client);
        _api = await StartApiAsync(Path.Combine(_folder, "another"), cancellation);
        var config = Path.Combine(_folder, "another-kubeconfig");
        _api.WriteKubeConfig(config);
        Client = new KubernetesClient(KubeConfig.Load(config));
        Api.LeadTo(Client);
    }

    /// <summary>Applies our CRDs.</summary>
    public async Task ApplyKindsAsync(CancellationToken cancellation)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Root(), "deploy/crds")))
        {
            await ApplyAsync(await File.ReadAllTextAsync(file, cancellation), cancellation);
        }
    }

    private static async Task<ApiServer> StartApiAsync(string folder, CancellationToken cancellation)
    {
        var api = new ApiServer(new ApiServerOptions { StateFolder = folder, InMemory = true, Random = Random.Shared }, NullLoggerFactory.Instance);
        await api.StartAsync(cancellation);
        return api;
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

    /// <summary>The root certificate as a namespace has it.</summary>
    public async Task<string> RootAsync(CancellationToken cancellation)
    {
        var root = "";
        await UntilAsync(
            async () => (root = (await Client.FindAsync(ResourceTypes.ConfigMaps, "istio-system", "istio-ca-root-cert", cancellation))?
                .Text("data", "root-cert.pem") ?? "").Length > 0,
            () => "no ConfigMap istio-ca-root-cert",
            cancellation);
        return root;
    }

    /// <summary>A token of a service account, which is made where it is missing.</summary>
    public async Task<string> TokenAsync(string ns, string account, string audience, CancellationToken cancellation)
    {
        if (await Client.FindAsync(ServiceAccounts, ns, account, cancellation) is null)
        {
            await ApplyAsync($"{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {account}, namespace: {ns}}}}}", cancellation);
        }

        var request = new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject { ["audiences"] = new JsonArray(audience) },
        };
        var answer = await Client.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{ns}/serviceaccounts/{account}/token", request, cancellation);
        return answer.Text("status", "token");
    }

    /// <summary>Makes the Service istiod lead to this control plane and registers the validating webhook as it is shipped.</summary>
    public async Task CallValidationAsync(CancellationToken cancellation)
    {
        var port = AddressOf(ServerPort.Webhooks).Port;
        await ApplyAsync(
            $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: istiod, namespace: istio-system}
            spec:
              ports:
                - {name: https-webhook, port: 443, targetPort: {{port}}}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: istiod, namespace: istio-system}
            subsets:
              - addresses:
                  - ip: 127.0.0.1
                ports:
                  - {name: https-webhook, port: {{port}}}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: istiod-1
              namespace: istio-system
              labels: {kubernetes.io/service-name: istiod}
            addressType: IPv4
            ports:
              - {name: https-webhook, port: {{port}}, protocol: TCP}
            endpoints:
              - addresses: [127.0.0.1]
                conditions: {ready: true}
            """,
            cancellation);
        await ApplyAsync(await File.ReadAllTextAsync(Path.Combine(Root(), "deploy/control-plane/50-validation.yaml"), cancellation), cancellation);
        JsonObject? stored = null;
        await UntilAsync(
            async () => (stored = await Client.GetAsync(
                ResourceTypes.ValidatingWebhookConfigurations, null, "istio-validator-istio-system", cancellation))
                .Items("webhooks").All(webhook => webhook.Text("failurePolicy") == "Fail"),
            () => stored!.ToJsonString(),
            cancellation);
    }

    /// <summary>Ends the control plane; the API endpoint goes on.</summary>
    public async Task StopControlPlaneAsync()
    {
        await _stop.CancelAsync();
        await _serving;
    }

    /// <summary>Ends the control plane and starts another one on the same ports, over the same API endpoint.</summary>
    public async Task RestartControlPlaneAsync(CancellationToken cancellation)
    {
        Options = Options with { GrpcAddress = AddressOf(ServerPort.Xds) };
        await _stop.CancelAsync();
        await _serving;
        await _host!.DisposeAsync();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        await StartControlPlaneAsync(cancellation);
    }

    /// <summary>A page of the monitoring port.</summary>
    public Task<string> PageAsync(string path, CancellationToken cancellation) =>
        _http.GetStringAsync(new Uri($"http://{AddressOf(ServerPort.Monitoring)}{path}"), cancellation);

    /// <summary>Asks until it holds; the message tells what was seen last.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> seen, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience.Limit);
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

        if (_faulty is not null)
        {
            await _faulty.DisposeAsync();
        }

        foreach (var (api, client) in _lost is { } lost ? [lost, (_api, Client)] : new[] { (_api, Client) })
        {
            await api.StopAsync(CancellationToken.None);
            await api.DisposeAsync();
            client.Dispose();
        }

        _http.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ResourceType TypeOf(ConfigDocument document)
    {
        var kind = document.Resource.Kind;
        var plural = kind == "Endpoints" ? "endpoints" : kind.EndsWith('y') && kind[^2] != 'a' ? kind[..^1] + "ies" : kind + (kind.EndsWith('s') ? "es" : "s");
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
