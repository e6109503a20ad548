using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Keeps the Endpoints and EndpointSlices of each service: for services with a selector from pods, for others from their Endpoints.</summary>
internal sealed class EndpointsController : Controller
{
    private readonly ObjectCache _services;
    private readonly ObjectCache _pods;
    private readonly ObjectCache _endpoints;
    private readonly ObjectCache _slices;

    public EndpointsController(ControllerContext context)
        : base(context)
    {
        _services = Follow(ResourceTypes.Services);
        _pods = Follow(ResourceTypes.Pods);
        _endpoints = Follow(ResourceTypes.Endpoints);
        _slices = Follow(ResourceTypes.EndpointSlices);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        JsonObject value = (after ?? before)!;
        if (type == ResourceTypes.EndpointSlices)
        {
            // A slice that went or was changed by hand is made anew; our own writes change nothing.
            if (value.Labels().Text(EndpointSliceBuilder.ServiceLabel) is { Length: > 0 } service)
            {
                Queue.Add(new ObjectKey(value.Namespace(), service));
            }
        }
        else if (type != ResourceTypes.Pods)
        {
            Queue.Add(ObjectKey.Of(value));
        }
        else if (before is null || after is null || Concerns(before, after))
        {
            foreach (JsonObject service in _services.In(value.Namespace()).Where(service => Selects(service, before) || Selects(service, after)))
            {
                Queue.Add(ObjectKey.Of(service));
            }
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_services.Find(key) is not { } service || service.IsTerminating())
        {
            return;
        }

        JsonObject? endpoints = _endpoints.Find(key);
        if (service.At("spec", "selector") is JsonObject { Count: > 0 })
        {
            List<JsonObject> pods = [.. _pods.In(key.Namespace)
                .Where(pod => Selects(service, pod) && pod.Text("status", "podIP").Length > 0 && !PodCondition.IsFinished(pod))
                .OrderBy(pod => pod.Name(), StringComparer.Ordinal)];
            await WriteEndpointsAsync(endpoints, EndpointsBuilder.Build(service, pods), cancellation);
            await WriteSlicesAsync(service, EndpointSliceBuilder.FromPods(service, pods), cancellation);
        }
        else if (endpoints is not null)
        {
            await WriteSlicesAsync(service, EndpointSliceBuilder.FromEndpoints(service, endpoints), cancellation);
        }
    }

    private static bool Selects(JsonObject service, JsonObject? pod) =>
        pod is not null && LabelSelector.MatchesMap(service.At("spec", "selector") as JsonObject, pod.Labels());

    private static bool Concerns(JsonObject before, JsonObject after) =>
        PodCondition.IsReady(before) != PodCondition.IsReady(after)
        || before.IsTerminating() != after.IsTerminating()
        || PodCondition.IsFinished(before) != PodCondition.IsFinished(after)
        || before.Text("status", "podIP") != after.Text("status", "podIP")
        || !JsonNode.DeepEquals(before.Labels(), after.Labels());

    private async Task WriteEndpointsAsync(JsonObject? before, JsonObject after, CancellationToken cancellation)
    {
        if (before is null)
        {
            await CreateAsync(ResourceTypes.Endpoints, after, cancellation);
        }
        else if (!JsonNode.DeepEquals(before["subsets"], after["subsets"]) || !JsonNode.DeepEquals(before.Labels(), after.Labels()))
        {
            after["metadata"]!["resourceVersion"] = before.ResourceVersion();
            await Client.ReplaceAsync(ResourceTypes.Endpoints, after, cancellation);
        }
    }

    // Slices carry a number in their name: those that are wanted are written, those beyond are deleted.
    private async Task WriteSlicesAsync(JsonObject service, IReadOnlyList<JsonObject> wanted, CancellationToken cancellation)
    {
        Dictionary<string, JsonObject> before = _slices.In(service.Namespace())
            .Where(slice => slice.Labels().Text(EndpointSliceBuilder.ServiceLabel) == service.Name()
                && slice.Labels().Text(EndpointSliceBuilder.ManagedByLabel).StartsWith("endpointslice", StringComparison.Ordinal))
            .ToDictionary(slice => slice.Name());
        foreach (JsonObject slice in wanted)
        {
            if (!before.Remove(slice.Name(), out JsonObject? old))
            {
                await CreateAsync(ResourceTypes.EndpointSlices, slice, cancellation);
            }
            else if (!JsonNode.DeepEquals(old["endpoints"], slice["endpoints"]) || !JsonNode.DeepEquals(old["ports"], slice["ports"]))
            {
                slice["metadata"]!["resourceVersion"] = old.ResourceVersion();
                await Client.ReplaceAsync(ResourceTypes.EndpointSlices, slice, cancellation);
            }
        }

        foreach (JsonObject slice in before.Values)
        {
            await Client.DeleteAsync(ResourceTypes.EndpointSlices, slice.Namespace(), slice.Name(), cancellation, uid: slice.Uid());
        }
    }

    private async Task CreateAsync(ResourceType type, JsonObject value, CancellationToken cancellation)
    {
        try
        {
            await Client.CreateAsync(type, value.Namespace(), value, cancellation);
        }
        catch (KubernetesApiException error) when (error.IsAlreadyExists)
        {
            // The cache is behind; its next event brings us back.
        }
    }
}
