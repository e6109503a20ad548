using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Reconcile;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Ca;

/// <summary>Writes the root certificate into ConfigMap `istio-ca-root-cert` of every namespace; pods with a sidecar mount it and wait for it.</summary>
/// <remarks>A sink of the namespace informer: a new namespace is served at once, one that is already right costs a read.</remarks>
internal sealed class RootCertificatePublisher(
    KubernetesClient client, string rootPem, TimeProvider time, ILogger logger) : IInformerSink<string>
{
    private const string ConfigMapName = "istio-ca-root-cert";
    private const string Key = "root-cert.pem";

    // Istio's namespace controller leaves these alone as well.
    private static readonly string[] Ignored = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

    private readonly ReconcileQueue<string> _namespaces = new("root certificate", time, logger);

    public void Reset(IReadOnlyList<string> items)
    {
        foreach (var item in items)
        {
            Upsert(item);
        }
    }

    public void Upsert(string item)
    {
        if (!Ignored.Contains(item))
        {
            _namespaces.Add(item);
        }
    }

    public void Delete(ObjectKey key)
    {
        // The namespace takes the ConfigMap with it.
    }

    public Task RunAsync(CancellationToken cancellation) => _namespaces.RunAsync(PublishAsync, cancellation);

    private async Task PublishAsync(string ns, CancellationToken cancellation)
    {
        var stored = await client.FindAsync(ResourceTypes.ConfigMaps, ns, ConfigMapName, cancellation);
        if (stored?.Text("data", Key) == rootPem)
        {
            return;
        }

        try
        {
            if (stored is null)
            {
                await client.CreateAsync(ResourceTypes.ConfigMaps, ns, NewConfigMap(ns), cancellation);
            }
            else
            {
                var patch = new JsonObject { ["data"] = new JsonObject { [Key] = rootPem } };
                await client.PatchAsync(
                    ResourceTypes.ConfigMaps, new ObjectKey(ns, ConfigMapName), PatchKind.Merge, patch, cancellation);
            }
        }
        catch (KubernetesApiException exception) when (exception.IsNotFound || exception.Status.Code == 403)
        {
            // The namespace is gone or going: nothing can wait for the certificate there.
            return;
        }

        CaLog.RootPublished(logger, ns);
    }

    private JsonObject NewConfigMap(string ns) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject
        {
            ["name"] = ConfigMapName,
            ["namespace"] = ns,
            ["labels"] = new JsonObject { ["istio.io/config"] = "true" },
        },
        ["data"] = new JsonObject { [Key] = rootPem },
    };
}
