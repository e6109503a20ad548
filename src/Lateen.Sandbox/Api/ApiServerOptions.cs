using System.Net;

namespace Lateen.Sandbox.Api;

/// <summary>Where the API endpoint listens and keeps its state.</summary>
public sealed class ApiServerOptions
{
    /// <summary>The folder for the store, the certificate authority and the keys; made when absent, readable by its owner only.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The addresses to listen on. They need not exist yet: a later interface with one of them is served too.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [IPAddress.Loopback];

    /// <summary>The port on each address; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The address under which pods reach the endpoint: the endpoint of the Service <c>kubernetes</c>. One of
    /// <see cref="Addresses"/>; the first when null.
    /// </summary>
    public IPAddress? AdvertiseAddress { get; init; }

    /// <summary>The range that cluster addresses of Services are taken from; its first address is the Service <c>kubernetes</c>.</summary>
    public IPNetwork ServiceNetwork { get; init; } = IPNetwork.Parse("10.96.0.0/16");

    /// <summary>The DNS domain of the cluster, for certificates and token issuers.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The name under which the kubeconfig lists cluster, user and context.</summary>
    public string ClusterName { get; init; } = "lateen";

    /// <summary>Keeps objects in memory only (tests).</summary>
    public bool InMemory { get; init; }

    /// <summary>How many past changes a watch may resume from.</summary>
    public int WatchHistory { get; init; } = 2048;

    /// <summary>How many changes a watcher may be behind before it is cut off.</summary>
    public int WatchBacklog { get; init; } = 1024;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The source of generated names; has to be safe for many threads (the executable passes Random.Shared).</summary>
    public required Random Random { get; init; }
}
