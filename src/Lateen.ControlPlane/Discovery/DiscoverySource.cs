using System.Collections.Concurrent;
using System.Globalization;
using Lateen.Api;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Identity;
using Lateen.ControlPlane.Secrets;
using Lateen.Grpc;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Xds.Server;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Discovery;

/// <summary>What the xDS server serves: resources of the newest snapshot.</summary>
/// <remarks>The snapshot is read once per answer; a push under way finishes with the one that it began with.</remarks>
internal sealed class DiscoverySource(
    IResourceGenerator generator, string domain, CallerAuthenticator? callers, SecretDiscovery? secrets, DebugDiscovery debug, TimeProvider time, ILogger logger)
    : IXdsResourceSource<ConnectedProxy>
{
    private readonly ConcurrentDictionary<string, ConnectedProxy> _proxies = new(StringComparer.Ordinal);
    private long _failures;
    private Published _published = new(MeshSnapshot.Empty, "");

    /// <summary>The snapshot in force.</summary>
    public MeshSnapshot Current => Volatile.Read(ref _published).Mesh;

    /// <summary>Responses that could not be made by a bug of ours.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>What of the snapshot in force could not be honoured for the connected proxies.</summary>
    public IEnumerable<ModelProblem> Problems() =>
        generator.Problems(Current).Concat(_proxies.Values.SelectMany(proxy => proxy.Problems)).Distinct();

    /// <summary>Puts a snapshot in force; the caller announces it to the server afterwards.</summary>
    public void Publish(MeshSnapshot mesh) => Volatile.Write(
        ref _published,
        new Published(mesh, string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}/{mesh.Version}")));

    public async ValueTask<ConnectedProxy> ConnectAsync(XdsPeer peer, CancellationToken cancellation)
    {
        ProxyNode node;
        try
        {
            node = NodeReader.Read(peer.Node);
        }
        catch (FormatException exception)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, exception.Message);
        }

        node = node.DnsDomain.Length > 0 ? node : node with { DnsDomain = $"{node.Namespace}.svc.{domain}" };

        // The plaintext port asks nobody: who has no network to trust closes it.
        var identity = peer.Call.IsTls && callers is not null ? await callers.AuthenticateAsync(peer.Call) : null;
        if (identity is not null && !ProxyClaim.Holds(identity, node))
        {
            throw new GrpcException(
                GrpcStatusCode.PermissionDenied,
                $"authorization failed: {identity} may not be {node.Id} of namespace {node.Namespace} with service account \"{node.ServiceAccount}\"");
        }

        return _proxies[peer.ConnectionId] = new ConnectedProxy(node) { Identity = identity };
    }

    public void Disconnected(XdsPeer peer, ConnectedProxy proxy) => _proxies.TryRemove(peer.ConnectionId, out _);

    public async ValueTask<XdsResourceSet?> GenerateAsync(
        XdsPeer peer, ConnectedProxy proxy, XdsQuery query, CancellationToken cancellation)
    {
        var published = Volatile.Read(ref _published);
        if (DebugDiscovery.Serves(query.TypeUrl))
        {
            return new XdsResourceSet(published.Version, debug.Generate(proxy, query));
        }

        try
        {
            if (query.TypeUrl == TypeUrls.Secret && secrets is not null)
            {
                var found = await secrets.GenerateAsync(peer.ConnectionId, proxy.Identity, query.Names, cancellation);
                return new XdsResourceSet(published.Version, found);
            }

            var basis = generator.BasisOf(published.Mesh, proxy, query.TypeUrl);
            if (query.Basis is not null && query.Basis.Equals(basis))
            {
                return new XdsResourceSet(published.Version, [], basis, IsUnchanged: true);
            }

            var resources = generator.Generate(published.Mesh, proxy, query);
            return resources is null ? null : new XdsResourceSet(published.Version, resources, basis);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A bug for one proxy must not end its stream: it keeps what it has.
            Interlocked.Increment(ref _failures);
            DiscoveryLog.GenerationFailed(logger, exception, query.TypeUrl, peer.ConnectionId);
            return null;
        }
    }

    private sealed record Published(MeshSnapshot Mesh, string Version);
}
