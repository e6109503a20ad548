using Lateen.Grpc;

namespace Lateen.Xds.Server;

/// <summary>Where the server's resources come from; the only thing it knows of the mesh.</summary>
/// <typeparam name="TProxy">What the source remembers of a connected proxy; handed back with each query.</typeparam>
public interface IXdsResourceSource<TProxy>
    where TProxy : class
{
    /// <summary>Admits a stream by its first request: checks the caller's identity against the node and resolves the proxy.</summary>
    /// <exception cref="GrpcException">The stream is refused with this status (Unauthenticated, PermissionDenied, Unavailable).</exception>
    ValueTask<TProxy> ConnectAsync(XdsPeer peer, CancellationToken cancellation);

    /// <summary>The stream has ended. Called once for each stream that was admitted.</summary>
    void Disconnected(XdsPeer peer, TProxy proxy);

    /// <summary>
    /// The resources from the newest configuration. Called on the stream's own task, never concurrently for one stream, concurrently for
    /// several; it should be pure over an immutable snapshot.
    /// </summary>
    /// <returns>Null when the type is not served: the request then stays unanswered, as xDS wants it.</returns>
    ValueTask<XdsResourceSet?> GenerateAsync(XdsPeer peer, TProxy proxy, XdsQuery query, CancellationToken cancellation);
}
