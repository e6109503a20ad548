using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Empties a namespace that is being deleted, and then lets it go.</summary>
internal sealed class NamespaceController : Controller
{
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);

    private readonly ObjectCache _namespaces;

    public NamespaceController(ControllerContext context)
        : base(context)
    {
        _namespaces = Follow(ResourceTypes.Namespaces);
        Follow(ResourceTypes.Pods);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        if (type == ResourceTypes.Namespaces && after?.IsTerminating() == true)
        {
            Queue.Add(ObjectKey.Of(after));
        }
        else if (type == ResourceTypes.Pods && after is null && _namespaces.Find(new ObjectKey("", before!.Namespace()))?.IsTerminating() == true)
        {
            // Pods take longest; the last one's end is when the namespace can go.
            Queue.Add(new ObjectKey("", before!.Namespace()));
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_namespaces.Find(key) is not { } ns || !ns.IsTerminating())
        {
            return;
        }

        int left = 0;
        foreach (ResourceType type in await Discovery.DeletableAsync(Client, cancellation))
        {
            ResourceList list = await Client.ListAsync(type, new ObjectSelector(key.Name), cancellation);
            foreach (JsonObject item in list.Items)
            {
                left += item.IsTerminating() || !await TryDeleteAsync(type, item, cancellation) ? 1 : 0;
            }
        }

        if (left > 0)
        {
            Queue.AddAfter(key, Recheck);
            return;
        }

        JsonObject final = await Client.GetAsync(ResourceTypes.Namespaces, null, key.Name, cancellation);
        final["spec"] = new JsonObject { ["finalizers"] = new JsonArray() };
        await Client.ReplaceAsync(ResourceTypes.Namespaces, final, cancellation, "finalize");
    }

    // Whether the object is gone for sure: one with a finalizer or a grace period is only marked.
    private async Task<bool> TryDeleteAsync(ResourceType type, JsonObject item, CancellationToken cancellation)
    {
        try
        {
            await Client.DeleteAsync(type, item.Namespace(), item.Name(), cancellation, uid: item.Uid());
            return type != ResourceTypes.Pods && item.At("metadata", "finalizers") is not JsonArray { Count: > 0 };
        }
        catch (KubernetesApiException error) when (error.IsNotFound)
        {
            return true;
        }
    }
}
