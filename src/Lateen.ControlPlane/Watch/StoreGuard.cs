using System.Threading.Channels;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Watch;

/// <summary>Notices that the API server came back with another store, and keeps the last good mesh in force until that store is the mesh's again.</summary>
/// <remarks>
/// A store is known by the uid of its namespace kube-system, which the API server makes once. An empty store answers every list truthfully with
/// nothing; taken one by one those lists would take the services from all proxies while somebody puts the objects back. So nothing is published
/// from the first list of another store on until every kind that was listed before has been listed from it: as long as the CRDs are missing there.
/// Then what it holds is the truth, however little that is.
/// </remarks>
internal sealed class StoreGuard(KubernetesClient client, MeshWriter writer, ILogger logger) : IListGate
{
    private const string OldestNamespace = "kube-system";

    private readonly Channel<string> _replaced = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Lock _lock = new();
    private readonly HashSet<ResourceType> _listed = [];
    private readonly HashSet<ResourceType> _awaited = [];
    private string _store = "";

    /// <summary>Gets the new store's uid each time it is another one.</summary>
    public ChannelReader<string> Replaced => _replaced.Reader;

    public async Task<string> EnterAsync(ResourceType type, CancellationToken cancellation)
    {
        var store = await IdentifyAsync(cancellation);
        lock (_lock)
        {
            if (store.Length > 0 && store != _store)
            {
                if (_store.Length > 0 && _listed.Count > 0)
                {
                    _awaited.UnionWith(_listed);
                    writer.Hold();
                    WatchLog.StoreReplaced(logger, client.Server);
                    _replaced.Writer.TryWrite(store);
                }

                _store = store;
            }
        }

        return store;
    }

    public void Delivered(ResourceType type, string store)
    {
        lock (_lock)
        {
            _listed.Add(type);
            if (store == _store && _awaited.Remove(type) && _awaited.Count == 0)
            {
                writer.Release();
                WatchLog.StoreTaken(logger, client.Server);
            }
        }
    }

    // Empty when the store can not be told from others: then each list is taken as it comes.
    private async Task<string> IdentifyAsync(CancellationToken cancellation)
    {
        try
        {
            return (await client.GetAsync(ResourceTypes.Namespaces, null, OldestNamespace, cancellation)).Text("metadata", "uid");
        }
        catch (KubernetesApiException exception) when (exception.IsForbidden)
        {
            return "";
        }
        catch (KubernetesApiException exception) when (exception.IsNotFound)
        {
            lock (_lock)
            {
                if (_store.Length == 0)
                {
                    return "";
                }
            }

            throw new KubernetesApiException(
                exception.Request, new KubernetesStatus(0, "", $"the API server has no namespace {OldestNamespace} yet: it is starting"), exception);
        }
    }
}
