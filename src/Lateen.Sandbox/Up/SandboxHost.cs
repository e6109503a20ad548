using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Api;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Dns;
using Lateen.Sandbox.Kubelet;
using Lateen.Sandbox.Network;
using Lateen.Sandbox.Node;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Up;

/// <summary>
/// The daemon of a mesh on one machine: the Kubernetes API endpoint, the controllers and the node, which speak only the Kubernetes API to
/// each other; and the cluster's DNS.
/// </summary>
public sealed class SandboxHost(SandboxOptions options, ILoggerFactory loggers, TimeProvider time, Random random)
{
    private const string ControlPlaneNamespace = "istio-system";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);

    // The mesh is of use without its gateways: a slow one is told of, not waited for.
    private static readonly TimeSpan GatewayPatience = TimeSpan.FromSeconds(10);

    private readonly ProcessRunner _runner = new();

    /// <summary>Brings the mesh up and serves it until cancelled; then everything is taken down.</summary>
    /// <param name="progress">Gets a sentence at each step of the start, and <see cref="SandboxUp.ReadyLine"/> at its end.</param>
    /// <param name="cancellation">Takes the mesh down.</param>
    /// <exception cref="SandboxException">The mesh is hosted already.</exception>
    public async Task RunAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        options.Network.Validate();
        Directory.CreateDirectory(options.Home);
        new DaemonProcess(options).Claim();
        NetworkCleanup cleanup = new(options.Network, _runner);
        // What an earlier daemon left would be in the way.
        await cleanup.RunAsync(options.Home, cancellation);
        RemovePods();
        try
        {
            progress.Report($"making the network: pods {options.Network.PodCidr}, services {options.Network.ServiceCidr}");
            await new NodeNetwork(options.Network, _runner).CreateAsync(cancellation);
            await ServeAsync(progress, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to go down.
        }
        finally
        {
            await cleanup.RunAsync(options.Home, CancellationToken.None);
            RemovePods();
            File.Delete(options.ProcessFile);
        }
    }

    private void RemovePods()
    {
        if (Directory.Exists(options.PodsFolder))
        {
            Directory.Delete(options.PodsFolder, recursive: true);
        }
    }

    private async Task ServeAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        progress.Report("starting the Kubernetes API");
        await using ApiServer api = new(
            new ApiServerOptions
            {
                StateFolder = options.ApiFolder,
                Addresses = [System.Net.IPAddress.Loopback, options.Network.HostAddress],
                AdvertiseAddress = options.Network.HostAddress,
                Port = options.ApiPort,
                ServiceNetwork = options.Network.ServiceCidr,
                ClusterName = options.Network.Mesh,
                Time = time,
                Random = random,
            },
            loggers);
        await api.StartAsync(cancellation);
        api.WriteKubeConfig(options.Kubeconfig);

        using KubernetesClient client = new(KubeConfig.Load(options.Kubeconfig), time);
        NodeOptions node = new()
        {
            Name = options.Network.Mesh,
            Home = options.Home,
            Programs = options.Programs,
            Network = options.Network,
        };
        progress.Report("starting the controllers and the node");
        NodeHost nodeHost = new(node, client, _runner, time, random, loggers.CreateLogger("node"));
        await using KubeletServer streaming = new(
            new KubeletServerOptions { Address = options.Network.HostAddress, Token = api.KubeletToken, Time = time }, nodeHost.Containers, loggers);
        await streaming.StartAsync(cancellation);
        using CancellationTokenSource parts = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task> running =
        [
            new ControllerHost(client, api.AuthorityPem, options.Network, time, random, loggers.CreateLogger("controllers")).RunAsync(parts.Token),
            new DnsHost(options.Network, client, time, random, loggers.CreateLogger("dns")).RunAsync(parts.Token),
            nodeHost.RunAsync(streaming.Port, parts.Token),
        ];
        try
        {
            Task start = StartControlPlaneAsync(client, progress, parts.Token);
            running.Add(start);
            await await Task.WhenAny(running);
            // Only the start may end by itself; a part that ends takes the mesh down with its error.
            running.Remove(start);
            await await Task.WhenAny(running);
        }
        finally
        {
            await parts.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await api.StopAsync(CancellationToken.None);
        }
    }

    private async Task StartControlPlaneAsync(KubernetesClient client, IProgress<string> progress, CancellationToken cancellation)
    {
        progress.Report("applying the custom resource definitions and the control plane");
        await Manifests.ApplyAsync(client, Manifests.ControlPlane, cancellation);
        progress.Report("waiting for the control plane");
        await IsAvailableAsync(client, "app=istiod", 1, StartLimit, cancellation);
        if (Manifests.Gateways(options.Profile) is { Count: > 0 } gateways)
        {
            progress.Report("starting the gateways");
            await Manifests.ApplyAsync(client, gateways, cancellation);
            if (!await IsAvailableAsync(client, "app in (istio-ingressgateway,istio-egressgateway)", gateways.Count, GatewayPatience, cancellation))
            {
                progress.Report($"a gateway is not ready yet: kubectl get pods -n {ControlPlaneNamespace} tells why");
            }
        }

        progress.Report(SandboxUp.ReadyLine);
    }

    // Whether as many deployments have a ready pod before the time is up.
    private static async Task<bool> IsAvailableAsync(KubernetesClient client, string labels, int count, TimeSpan limit, CancellationToken cancellation)
    {
        HashSet<string> ready = [];
        await foreach (WatchEvent change in client.WatchAsync(
            ResourceTypes.Deployments, new ObjectSelector(ControlPlaneNamespace, labels), "0", limit, cancellation))
        {
            if (change.Value.Number("status", "readyReplicas") > 0 && ready.Add(change.Value.Name()) && ready.Count == count)
            {
                return true;
            }
        }

        return false;
    }
}
