using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>The Endpoints object of a service with a selector (Kubernetes API, <c>core/v1 Endpoints</c>).</summary>
internal static class EndpointsBuilder
{
    private const string HeadlessLabel = "service.kubernetes.io/headless";

    /// <summary>Pods that are going are left out; those that are not ready stand apart.</summary>
    public static JsonObject Build(JsonObject service, IEnumerable<JsonObject> pods)
    {
        bool publishAll = service.Flag("spec", "publishNotReadyAddresses");
        JsonArray subsets = [];
        foreach (IGrouping<string, JsonObject> group in pods
            .Where(pod => !pod.IsTerminating())
            .GroupBy(pod => string.Join(',', EndpointPorts.Of(service, pod)))
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            JsonObject subset = [];
            Add(subset, "addresses", group.Where(pod => publishAll || PodCondition.IsReady(pod)), service);
            Add(subset, "notReadyAddresses", group.Where(pod => !publishAll && !PodCondition.IsReady(pod)), service);
            IReadOnlyList<EndpointPort> ports = EndpointPorts.Of(service, group.First());
            if (ports.Count > 0)
            {
                subset["ports"] = new JsonArray([.. ports.Select(PortOf)]);
            }

            subsets.Add((JsonNode)subset);
        }

        JsonObject labels = service.Labels()?.DeepClone() as JsonObject ?? [];
        if (service.Text("spec", "clusterIP") == "None")
        {
            labels[HeadlessLabel] = "";
        }

        JsonObject endpoints = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Endpoints",
            ["metadata"] = new JsonObject
            {
                ["name"] = service.Name(),
                ["namespace"] = service.Namespace(),
                ["ownerReferences"] = new JsonArray(Owners.Controller(service)),
            },
        };
        if (labels.Count > 0)
        {
            endpoints["metadata"]!["labels"] = labels;
        }

        if (subsets.Count > 0)
        {
            endpoints["subsets"] = subsets;
        }

        return endpoints;
    }

    private static JsonObject PortOf(EndpointPort port)
    {
        JsonObject json = port.ToJson();
        if (port.Name.Length == 0)
        {
            json.Remove("name");
        }

        return json;
    }

    private static void Add(JsonObject subset, string field, IEnumerable<JsonObject> pods, JsonObject service)
    {
        JsonArray addresses = [.. pods.Select(pod => (JsonNode)AddressOf(pod, service))];
        if (addresses.Count > 0)
        {
            subset[field] = addresses;
        }
    }

    private static JsonObject AddressOf(JsonObject pod, JsonObject service)
    {
        JsonObject address = new() { ["ip"] = pod.Text("status", "podIP") };
        if (pod.Text("spec", "hostname") is { Length: > 0 } hostname && pod.Text("spec", "subdomain") == service.Name())
        {
            address["hostname"] = hostname;
        }

        address["nodeName"] = pod.Text("spec", "nodeName");
        address["targetRef"] = EndpointSliceBuilder.TargetOf(pod);
        return address;
    }
}
