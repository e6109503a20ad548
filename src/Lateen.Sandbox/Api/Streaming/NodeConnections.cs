using System.Net.Security;
using System.Net.Sockets;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Streaming;

/// <summary>Connections to the kubelet endpoint of the node that runs a pod.</summary>
/// <remarks>The node's certificate is its own and not verified, as by an API server without --kubelet-certificate-authority.</remarks>
internal sealed class NodeConnections(ObjectStore store, string token)
{
    private const int DefaultPort = 10250;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>What the node wants to see in the Authorization header.</summary>
    public string Authorization => "Bearer " + token;

    /// <summary>Host and port of the node's kubelet endpoint.</summary>
    public (string Host, int Port) Locate(string nodeName)
    {
        var node = store.Get(new ObjectKey("nodes", "", nodeName)) ?? throw ApiException.NotFound("nodes", nodeName);
        var host = node.Root.Items("status", "addresses").Where(a => a.Text("type") == "InternalIP").Select(a => a.Text("address")).FirstOrDefault()
            ?? throw ApiException.Internal($"node {nodeName} has no address of type InternalIP in its status");
        return (host, (int)(node.Root.Number("status", "daemonEndpoints", "kubeletEndpoint", "Port") ?? DefaultPort));
    }

    public static async Task<Stream> ConnectAsync(string host, int port, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, deadline.Token);
            var secure = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = host,
#pragma warning disable CA5359 // see the remarks: the node has no certificate that could be verified
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            }, deadline.Token);
            return secure;
        }
        catch (Exception problem) when (problem is SocketException or IOException or System.Security.Authentication.AuthenticationException
            || (problem is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            socket.Dispose();
            throw ApiException.Internal($"error dialing backend: dial tcp {host}:{port}: {problem.Message}");
        }
    }
}
