using System.Globalization;
using System.Net;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Api;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Dns;
using Lateen.Sandbox.Network;
using Lateen.Sandbox.Node;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Up;

/// <summary>The daemon of the sandbox: network, API server, controllers, node and DNS in one process.</summary>
/// <remarks>The parts speak to each other through the API server only; here they are started in the order in which they need each other.</remarks>
public sealed class SandboxHost(SandboxOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
{
    /// <summary>Runs until cancelled, then takes everything down but the state folder.</summary>
    /// <param name="ready">Called when the API server answers and its kubeconfig is written.</param>
    public async Task RunAsync(Action ready, CancellationToken cancellation)
    {
        ProcessRunner runner = new();
        ILogger logger = loggers.CreateLogger("sandbox");
        NetworkCleanup cleanup = new(options.Network, runner);
        Directory.CreateDirectory(options.Home);
        // What an earlier daemon left would be in the way.
        await cleanup.RunAsync(options.Home, cancellation);
        RemovePods();
        try
        {
            Task network = new NodeNetwork(options.Network, runner).CreateAsync(cancellation);
            await using ApiServer api = new(
                new ApiServerOptions
                {
                    StateFolder = options.Home,
                    Addresses = [IPAddress.Loopback, options.Network.HostAddress],
                    AdvertiseAddress = options.Network.HostAddress,
                    Port = options.ApiPort,
                    ServiceNetwork = options.Network.ServiceCidr,
                    ClusterName = options.Network.Mesh,
                    Time = time,
                    Random = random,
                },
                loggers);
            await api.StartAsync(cancellation);
            await network;
            api.WriteKubeConfig(options.KubeConfig);
            await File.WriteAllTextAsync(options.PidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), cancellation);
            ready();
            await RunPartsAsync(api, runner, logger, cancellation);
            await api.StopAsync(CancellationToken.None);
        }
        finally
        {
            await cleanup.RunAsync(options.Home, CancellationToken.None);
            RemovePods();
            File.Delete(options.PidFile);
        }
    }

    private async Task RunPartsAsync(ApiServer api, ProcessRunner runner, ILogger logger, CancellationToken cancellation)
    {
        using KubernetesClient client = new(KubeConfig.Load(options.KubeConfig), time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        NodeOptions node = new()
        {
            Name = options.Network.Mesh,
            Home = options.Home,
            Programs = options.Programs,
            Network = options.Network,
        };
        Task[] parts =
        [
            new ControllerHost(client, api.AuthorityPem, time, random, logger).RunAsync(stop.Token),
            new NodeHost(node, client, runner, time, random, logger).RunAsync(stop.Token),
            new DnsHost(options.Network, client, time, random, logger).RunAsync(stop.Token),
        ];
        // A part that fails takes the others down with it: half a sandbox helps nobody.
        await Task.WhenAny(parts);
        await stop.CancelAsync();
        await Task.WhenAll(parts);
    }

    private void RemovePods()
    {
        string pods = Path.Combine(options.Home, "pods");
        if (Directory.Exists(pods))
        {
            Directory.Delete(pods, recursive: true);
        }
    }
}
