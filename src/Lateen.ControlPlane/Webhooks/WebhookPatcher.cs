using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Reconcile;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>Writes our root certificate as caBundle into every webhook configuration entry that calls our Service, so that the API server trusts us.</summary>
/// <remarks>
/// A sink for one of the two webhook kinds. Only entries of our revision (label istio.io/rev, or none) are touched. A validating entry
/// is turned from Ignore to Fail at the same time: from now on it is answered.
/// </remarks>
internal sealed class WebhookPatcher : IInformerSink<JsonObject>
{
    private const string RevisionLabel = "istio.io/rev";

    private readonly KubernetesClient _client;
    private readonly ResourceType _type;
    private readonly WebhookIdentity _identity;
    private readonly ILogger _logger;
    private readonly string _caBundle;
    private readonly ReconcileQueue<string> _names;
    private readonly EventCounters _events;

    // Touched by the queue's one worker alone.
    private readonly HashSet<string> _failed = [];
    private volatile bool _listed;

    /// <param name="type">MutatingWebhookConfigurations or ValidatingWebhookConfigurations.</param>
    public WebhookPatcher(KubernetesClient client, ResourceType type, WebhookIdentity identity, EventCounters events, TimeProvider time, ILogger logger)
    {
        (_client, _type, _identity, _events, _logger) = (client, type, identity, events, logger);
        _caBundle = Convert.ToBase64String(Encoding.UTF8.GetBytes(identity.RootPem));
        _names = new ReconcileQueue<string>(type.Kind, time, logger);
    }

    /// <summary>Whether every configuration that was there at the start has our root: before that, the API server can not call us.</summary>
    public bool IsSettled => _listed && _names.IsIdle;

    public void Reset(IReadOnlyList<JsonObject> items)
    {
        foreach (var item in items)
        {
            Upsert(item);
        }

        _listed = true;
    }

    public void Upsert(JsonObject item)
    {
        if (PatchOf(item).Count > 0)
        {
            _names.Add(item.Name());
        }
    }

    public void Delete(ObjectKey key)
    {
        // Nothing to undo.
    }

    public Task RunAsync(CancellationToken cancellation) => _names.RunAsync(PatchAsync, cancellation);

    private async Task PatchAsync(string name, CancellationToken cancellation)
    {
        if (await _client.FindAsync(_type, null, name, cancellation) is not { } stored || PatchOf(stored) is not { Count: > 0 } patch)
        {
            return;
        }

        var label = MetricText.Label("name", name);
        _events.Count(EventCounters.WebhookPatches, label);
        if (_failed.Remove(name))
        {
            _events.Count(EventCounters.WebhookPatchesRepeated, label);
        }

        try
        {
            await _client.PatchAsync(_type, new ObjectKey("", name), PatchKind.Json, patch, cancellation);
        }
        catch (KubernetesApiException)
        {
            _events.Count(EventCounters.WebhookPatchesFailed, $"{label},{MetricText.Label("reason", "webhook_update_failure")}");
            _failed.Add(name);
            throw;
        }

        WebhookLog.BundleWritten(_logger, _type.Kind, name);
    }

    private JsonArray PatchOf(JsonObject configuration)
    {
        var patch = new JsonArray();
        var revision = configuration.Labels().Text(RevisionLabel);
        if (revision.Length > 0 && revision != _identity.Revision)
        {
            return patch;
        }

        var index = -1;
        foreach (var webhook in configuration.Items("webhooks"))
        {
            index++;
            if (!IsOurs(webhook))
            {
                continue;
            }

            var operations = patch.Count;
            if (webhook.Text("clientConfig", "caBundle") != _caBundle)
            {
                patch.Add((JsonNode)Operation("add", $"/webhooks/{index}/clientConfig/caBundle", _caBundle));
            }

            if (_type == ResourceTypes.ValidatingWebhookConfigurations && webhook.Text("failurePolicy") == "Ignore")
            {
                patch.Add((JsonNode)Operation("replace", $"/webhooks/{index}/failurePolicy", "Fail"));
            }

            if (patch.Count > operations)
            {
                // The list may have changed since it was read: then the patch fails and is made anew.
                patch.Insert(operations, Operation("test", $"/webhooks/{index}/name", webhook.Text("name")));
            }
        }

        return patch;
    }

    private bool IsOurs(JsonObject webhook) =>
        webhook.Text("clientConfig", "service", "namespace") == _identity.Namespace
        && _identity.ServiceNames.Contains(webhook.Text("clientConfig", "service", "name"));

    private static JsonObject Operation(string operation, string path, string value) =>
        new() { ["op"] = operation, ["path"] = path, ["value"] = value };
}
