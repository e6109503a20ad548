using System.Globalization;
using Lateen.Grpc;
using Lateen.Model;
using Lateen.Xds.Server;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Discovery;

/// <summary>What the xDS server serves: resources of the newest snapshot.</summary>
/// <remarks>The snapshot is read once per answer; a push under way finishes with the one that it began with.</remarks>
internal sealed class DiscoverySource(IResourceGenerator generator, string domain, TimeProvider time, ILogger logger)
    : IXdsResourceSource<ConnectedProxy>
{
    private Published _published = new(MeshSnapshot.Empty, "");

    /// <summary>The snapshot in force.</summary>
    public MeshSnapshot Current => Volatile.Read(ref _published).Mesh;

    /// <summary>Puts a snapshot in force; the caller announces it to the server afterwards.</summary>
    public void Publish(MeshSnapshot mesh) => Volatile.Write(
        ref _published,
        new Published(mesh, string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}/{mesh.Version}")));

    public ValueTask<ConnectedProxy> ConnectAsync(XdsPeer peer, CancellationToken cancellation)
    {
        try
        {
            var node = NodeReader.Read(peer.Node);
            return ValueTask.FromResult(new ConnectedProxy(
                node.DnsDomain.Length > 0 ? node : node with { DnsDomain = $"{node.Namespace}.svc.{domain}" }));
        }
        catch (FormatException exception)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, exception.Message);
        }
    }

    public void Disconnected(XdsPeer peer, ConnectedProxy proxy)
    {
        // Nothing is kept per proxy outside of its stream.
    }

    public ValueTask<XdsResourceSet?> GenerateAsync(
        XdsPeer peer, ConnectedProxy proxy, XdsQuery query, CancellationToken cancellation)
    {
        var published = Volatile.Read(ref _published);
        try
        {
            var resources = generator.Generate(published.Mesh, proxy.In(published.Mesh), query);
            return ValueTask.FromResult(resources is null ? null : new XdsResourceSet(published.Version, resources));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A bug for one proxy must not end its stream: it keeps what it has.
            DiscoveryLog.GenerationFailed(logger, exception, query.TypeUrl, peer.ConnectionId);
            return ValueTask.FromResult<XdsResourceSet?>(null);
        }
    }

    private sealed record Published(MeshSnapshot Mesh, string Version);
}
