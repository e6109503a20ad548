using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Network;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Dns;

/// <summary>The cluster's DNS: follows services, serves their names on the host's end of the veth, and announces itself as kube-dns.</summary>
internal sealed class DnsHost(
    NetworkOptions network, KubernetesClient client, TimeProvider time, Random random, ILogger logger)
{
    private const string Domain = "cluster.local";
    private const string Namespace = "kube-system";
    private const string Name = "kube-dns";
    private const int Port = 53;
    private const string HostResolver = "/etc/resolv.conf";

    /// <summary>Serves until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        ClusterCache cache = new(client, time, random, logger);
        ClusterZone zone = new(
            Domain, cache.Of(ResourceTypes.Services), cache.Of(ResourceTypes.EndpointSlices), [network.PodCidr, network.ServiceCidr]);
        string resolver = File.Exists(HostResolver) ? await File.ReadAllTextAsync(HostResolver, cancellation) : "";
        using DnsServer server = new(zone, new DnsForwarder(DnsForwarder.Servers(resolver)), network.HostAddress, Port, logger);
        await Task.WhenAll(cache.RunAsync(cancellation), server.RunAsync(cancellation), AnnounceAsync(cancellation));
    }

    private async Task AnnounceAsync(CancellationToken cancellation)
    {
        JsonArray ports = [];
        foreach (string protocol in (string[])["UDP", "TCP"])
        {
            ports.Add((JsonNode)new JsonObject { ["name"] = protocol == "UDP" ? "dns" : "dns-tcp", ["port"] = Port, ["protocol"] = protocol });
        }

        JsonObject service = Object(ResourceTypes.Services);
        service["spec"] = new JsonObject { ["clusterIP"] = network.DnsServiceAddress.ToString(), ["ports"] = ports.DeepClone() };
        JsonObject endpoints = Object(ResourceTypes.Endpoints);
        endpoints["subsets"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(new JsonObject { ["ip"] = network.HostAddress.ToString() }),
            ["ports"] = ports,
        });
        try
        {
            await EnsureAsync(ResourceTypes.Services, service, cancellation);
            await EnsureAsync(ResourceTypes.Endpoints, endpoints, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Going down.
        }
    }

    private async Task EnsureAsync(ResourceType type, JsonObject value, CancellationToken cancellation)
    {
        try
        {
            await client.CreateAsync(type, Namespace, value, cancellation);
        }
        catch (KubernetesApiException error) when (error.IsAlreadyExists)
        {
            // From an earlier start.
        }
    }

    private static JsonObject Object(ResourceType type) => new()
    {
        ["apiVersion"] = type.ApiVersion,
        ["kind"] = type.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["namespace"] = Namespace,
            ["labels"] = new JsonObject { ["k8s-app"] = Name, ["kubernetes.io/name"] = "CoreDNS" },
        },
    };
}
