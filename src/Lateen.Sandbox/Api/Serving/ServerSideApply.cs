using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Patching;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Server-side apply: creates the object, or merges the applied fields into it.</summary>
internal sealed class ServerSideApply(ObjectStore store, ObjectWriter writer)
{
    public async Task<(StoredObject Object, bool IsNew)> ApplyAsync(ApiRequest request, JsonObject applied, CancellationToken cancel)
    {
        if (request.FieldManager.Length == 0)
        {
            throw ApiException.BadRequest("fieldManager is required for apply patch");
        }

        var key = new ObjectKey(request.Resource.GroupResource, request.Target.Namespace, request.Target.Name);
        if (store.Get(key) is null)
        {
            return (await writer.CreateAsync(request, applied, cancel), true);
        }

        return (await writer.ChangeAsync(request, current => StrategicMergePatch.Apply(current, applied, request.Resource.Kind), cancel), false);
    }
}
