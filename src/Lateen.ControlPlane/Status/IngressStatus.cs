using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Reconcile;
using Lateen.Model;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Status;

/// <summary>Tells callers of Ingresses where to find them: status.loadBalancer is what the ingress gateway's Service has (meshConfig.ingressService).</summary>
internal sealed class IngressStatus(KubernetesClient client, TimeProvider time, ILogger logger)
{
    private readonly ReconcileQueue<ObjectKey> _queue = new("ingress-status", time, logger);
    private readonly Lock _lock = new();
    private EquatableArray<ObjectKey> _served;
    private EquatableArray<string> _addresses;

    /// <summary>Takes which Ingresses are served now, and where.</summary>
    public void Take(EquatableArray<ObjectKey> served, MeshSnapshot mesh)
    {
        if (served.IsEmpty && _served.IsEmpty)
        {
            return;
        }

        var addresses = AddressesOf(mesh);
        lock (_lock)
        {
            var known = addresses == _addresses ? _served.ToHashSet() : [];
            (_served, _addresses) = (served, addresses);
            foreach (var key in served.Where(key => !known.Contains(key)))
            {
                _queue.Add(key);
            }
        }
    }

    /// <summary>Writes until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => _queue.RunAsync(WriteAsync, cancellation);

    private static EquatableArray<string> AddressesOf(MeshSnapshot mesh)
    {
        var (name, ns) = (mesh.Mesh.IngressService, mesh.Settings.IngressNamespace);
        var service = mesh.Index.Services.FirstOrDefault(known => known.Name == name && known.Namespace == ns);
        return service is null ? [] : service.ExternalName.Length > 0 ? [service.ExternalName]
            : service.ExternalAddresses.Values.SelectMany(addresses => (IEnumerable<string>)addresses).Distinct().Order(StringComparer.Ordinal).ToEquatableArray();
    }

    private async Task WriteAsync(ObjectKey key, CancellationToken cancellation)
    {
        EquatableArray<string> addresses;
        lock (_lock)
        {
            addresses = _served.Contains(key) ? _addresses : [];
        }

        // An Ingress that is somebody else's now is left to them.
        if (addresses.IsEmpty || await client.FindAsync(ResourceTypes.Ingresses, key.Namespace, key.Name, cancellation) is not { } stored)
        {
            return;
        }

        var present = stored.Items("status", "loadBalancer", "ingress").Select(i => i.Text("ip") is { Length: > 0 } ip ? ip : i.Text("hostname"));
        if (present.Order(StringComparer.Ordinal).SequenceEqual(addresses))
        {
            return;
        }

        try
        {
            var list = new JsonArray([.. addresses.Select(address => (JsonNode)new JsonObject
            {
                [System.Net.IPAddress.TryParse(address, out _) ? "ip" : "hostname"] = address,
            })]);
            var patch = new JsonObject { ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = list } } };
            await client.PatchAsync(ResourceTypes.Ingresses, key, PatchKind.Merge, patch, cancellation, "status");
        }
        catch (KubernetesApiException exception) when (exception.IsNotFound)
        {
            // Deleted meanwhile.
        }
    }
}
