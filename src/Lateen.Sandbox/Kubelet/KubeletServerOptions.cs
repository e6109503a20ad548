using System.Net;

namespace Lateen.Sandbox.Kubelet;

/// <summary>Where the node's streaming endpoint listens, and whom it lets in.</summary>
public sealed class KubeletServerOptions
{
    /// <summary>The node's address: what its Node object gives as InternalIP.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes a free one. The Node object's status.daemonEndpoints.kubeletEndpoint.Port has to say it.</summary>
    public int Port { get; init; }

    /// <summary>The bearer token that callers have to present: <c>ApiServer.KubeletToken</c>.</summary>
    public required string Token { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
