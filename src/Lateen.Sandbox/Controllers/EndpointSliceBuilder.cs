using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>The EndpointSlices of a service (Kubernetes API, <c>discovery.k8s.io/v1 EndpointSlice</c>).</summary>
internal static class EndpointSliceBuilder
{
    public const string ServiceLabel = "kubernetes.io/service-name";
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    private const int MaximumEndpoints = 100;

    /// <summary>One slice per set of ports and hundred pods.</summary>
    public static IReadOnlyList<JsonObject> FromPods(JsonObject service, IReadOnlyList<JsonObject> pods)
    {
        List<JsonObject> slices = [];
        foreach (IGrouping<string, JsonObject> group in pods
            .GroupBy(pod => string.Join(',', EndpointPorts.Of(service, pod)))
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            IReadOnlyList<EndpointPort> ports = EndpointPorts.Of(service, group.First());
            foreach (JsonObject[] part in group.Chunk(MaximumEndpoints))
            {
                slices.Add(Slice(
                    service, slices.Count, "endpointslice-controller.k8s.io", part.Select(pod => EndpointOf(pod, service)), ports.Select(port => port.ToJson())));
            }
        }

        // A service without pods has one empty slice: "known, nobody there" differs from "not looked at yet".
        return slices.Count > 0 ? slices : [Slice(service, 0, "endpointslice-controller.k8s.io", [], [])];
    }

    /// <summary>One slice per subset that somebody wrote into the service's Endpoints.</summary>
    public static IReadOnlyList<JsonObject> FromEndpoints(JsonObject service, JsonObject endpoints)
    {
        List<JsonObject> slices = [];
        foreach (JsonObject subset in endpoints.Items("subsets"))
        {
            IEnumerable<JsonObject> addresses = subset.Items("addresses").Select(address => Mirrored(address, ready: true))
                .Concat(subset.Items("notReadyAddresses").Select(address => Mirrored(address, ready: false)));
            IEnumerable<JsonObject> ports = subset.Items("ports").Select(port => new EndpointPort(
                port.Text("name"), (int)(port.Number("port") ?? 0), port.Text("protocol") is { Length: > 0 } given ? given : "TCP", port.Text("appProtocol")).ToJson());
            slices.Add(Slice(service, slices.Count, "endpointslicemirroring-controller.k8s.io", addresses, ports));
        }

        return slices;
    }

    /// <summary>The reference to a pod.</summary>
    public static JsonObject TargetOf(JsonObject pod) => new()
    {
        ["kind"] = "Pod",
        ["name"] = pod.Name(),
        ["namespace"] = pod.Namespace(),
        ["uid"] = pod.Uid(),
    };

    private static JsonObject EndpointOf(JsonObject pod, JsonObject service)
    {
        bool serving = PodCondition.IsReady(pod);
        bool terminating = pod.IsTerminating();
        bool publishAll = service.Flag("spec", "publishNotReadyAddresses");
        JsonObject endpoint = new()
        {
            ["addresses"] = new JsonArray(pod.Text("status", "podIP")),
            ["conditions"] = new JsonObject
            {
                ["ready"] = publishAll || (serving && !terminating),
                ["serving"] = serving,
                ["terminating"] = terminating,
            },
        };
        if (pod.Text("spec", "hostname") is { Length: > 0 } hostname && pod.Text("spec", "subdomain") == service.Name())
        {
            endpoint["hostname"] = hostname;
        }

        endpoint["nodeName"] = pod.Text("spec", "nodeName");
        endpoint["targetRef"] = TargetOf(pod);
        return endpoint;
    }

    private static JsonObject Mirrored(JsonObject address, bool ready) => new()
    {
        ["addresses"] = new JsonArray(address.Text("ip")),
        ["conditions"] = new JsonObject { ["ready"] = ready },
    };

    private static JsonObject Slice(
        JsonObject service, int number, string managedBy, IEnumerable<JsonObject> endpoints, IEnumerable<JsonObject> ports)
    {
        JsonObject labels = service.Labels()?.DeepClone() as JsonObject ?? [];
        labels[ServiceLabel] = service.Name();
        labels[ManagedByLabel] = managedBy;
        if (service.Text("spec", "clusterIP") == "None")
        {
            labels["service.kubernetes.io/headless"] = "";
        }

        // The suffix looks like a generated one and is the same every time, so that a slice is never made twice.
        string suffix = TemplateHash.Of(JsonValue.Create(service.Uid()), number)[..5];
        return new JsonObject
        {
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["kind"] = "EndpointSlice",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{service.Name()}-{suffix}",
                ["namespace"] = service.Namespace(),
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(Owners.Controller(service)),
            },
            ["addressType"] = "IPv4",
            ["endpoints"] = new JsonArray([.. endpoints]),
            ["ports"] = new JsonArray([.. ports]),
        };
    }
}
