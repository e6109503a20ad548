using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;
using Lateen.Model.Services;

namespace Lateen.ControlPlane.Status;

/// <summary>The statuses of the Gateway API's objects, in Istio's words.</summary>
/// <param name="Mesh">Where services and their endpoints are looked up.</param>
/// <param name="Now">For conditions that changed, RFC 3339.</param>
/// <param name="AboutDeployment">Added to the message of a Gateway that waits for a Service to be deployed for it; empty for nothing.</param>
internal sealed record GatewayApiStatus(MeshSnapshot Mesh, string Now, string AboutDeployment = "")
{
    /// <param name="stored">The status as it is; what is not ours in it is kept.</param>
    public JsonObject OfClass(GatewayClass value, JsonNode? stored) => new()
    {
        ["conditions"] = Conditions(stored, value.Generation, value.Controller == GatewayNames.MeshController
            ? new Condition("Accepted", false, "Unsupported", "Waypoints (ambient mode) are not supported")
            : new Condition("Accepted", true, "Accepted", "Handled by Istio controller")),
    };

    /// <param name="attached">How many routes each listener took, by its internal name.</param>
    public JsonObject OfGateway(ConvertedGateway value, EquatableMap<string, int> attached, JsonNode? stored)
    {
        var generation = value.Gateway.Meta.Generation;
        var place = GatewayAddresses.Resolve(value, Mesh);
        var accepted = value.Fault is { } fault
            ? new Condition("Accepted", false, fault.Reason, fault.Message)
            : new Condition("Accepted", true, "Accepted", "Resource accepted");
        var status = new JsonObject { ["conditions"] = Conditions(stored, generation, accepted, Programmed(value, place)) };
        if (!value.Listeners.IsEmpty)
        {
            status["listeners"] = new JsonArray([.. value.Listeners.Select(listener => (JsonNode)OfListener(listener, generation, attached, stored))]);
        }

        // Once told, an address stays: clients may use it.
        var addresses = place.External.Count > 0 ? place.External : [.. place.Internal.Select(entry => entry[..entry.LastIndexOf(':')]).Distinct()];
        if (addresses.Count > 0)
        {
            status["addresses"] = new JsonArray([.. addresses.Select(address => (JsonNode)new JsonObject
            {
                ["type"] = IPAddress.TryParse(address, out _) ? "IPAddress" : "Hostname",
                ["value"] = address,
            })]);
        }
        else if (stored.At("addresses") is JsonArray { Count: > 0 } known)
        {
            status["addresses"] = known.DeepClone();
        }

        return status;
    }

    public JsonObject OfRoute(ConvertedRoute value, JsonNode? stored)
    {
        // Other controllers' parents are theirs.
        var parents = stored.Items("parents").Where(parent => parent.Text("controllerName") != GatewayNames.Controller).Select(parent => (Order: OrderOf(parent["parentRef"]), Status: (JsonObject)parent.DeepClone()))
            .Concat(value.Attachments.GroupBy(attachment => attachment.Reference)
                .Select(group => (Order: RouteAttachments.Order(group.Key), Status: OfParent(value, group.Key, [.. group], stored))));
        return new() { ["parents"] = new JsonArray([.. parents.OrderByDescending(entry => entry.Order, StringComparer.Ordinal).Select(entry => (JsonNode)entry.Status)]) };
    }

    private Condition Programmed(ConvertedGateway value, GatewayPlace place)
    {
        var about = place.IsMissing && value.Gateway.IsManaged ? AboutDeployment : "";
        var warnings = string.Join("; ", place.Warnings) + about;
        return (value.Services.IsEmpty, place.Warnings.Count, place.Internal.Count) switch
        {
            (true, _, _) => new("Programmed", false, "UnsupportedAddress", "Failed to assign to any requested addresses"),
            (_, > 0, > 0) => new(
                "Programmed", false, "AddressNotAssigned", $"Assigned to service(s) {Join(place.Internal)}, but failed to assign to all requested addresses: {warnings}"),
            (_, > 0, _) => new("Programmed", false, "AddressNotAssigned", $"Failed to assign to any requested addresses: {warnings}"),
            (_, _, > 0) => new("Programmed", true, "Programmed", $"Resource programmed, assigned to service(s) {Join(place.Internal)}"),
            _ => new("Programmed", true, "Programmed", "Resource programmed"),
        };
    }

    private JsonObject OfListener(ConvertedListener value, long generation, EquatableMap<string, int> attached, JsonNode? stored)
    {
        var before = stored.Items("listeners").FirstOrDefault(listener => listener.Text("name") == value.Listener.Name);
        var resolved = value.Certificate ?? (value.HasWrongKinds ? new GatewayFault("InvalidRouteKinds", "Invalid route kinds") : null);
        return new JsonObject
        {
            ["name"] = value.Listener.Name,
            ["attachedRoutes"] = attached.Find(value.InternalName),
            ["supportedKinds"] = new JsonArray([.. value.Kinds.Select(kind => (JsonNode)new JsonObject { ["group"] = GatewayNames.Group, ["kind"] = kind })]),
            ["conditions"] = Conditions(
                before,
                generation,
                Of("Accepted", "Accepted", value.Protocol),
                new Condition("Conflicted", false, "NoConflicts", "No errors found"),
                new Condition("Programmed", true, "Programmed", "No errors found"),
                Of("ResolvedRefs", "ResolvedRefs", resolved)),
        };

        static Condition Of(string type, string good, GatewayFault? fault) =>
            fault is null ? new(type, true, good, "No errors found") : new(type, false, fault.Reason, fault.Message);
    }

    private JsonObject OfParent(ConvertedRoute value, ParentReference reference, List<RouteAttachment> attachments, JsonNode? stored)
    {
        var taken = attachments.Count(attachment => attachment.Denied is null);
        var accepted = new Condition("Accepted", true, "Accepted", taken > 1 ? $"Route was valid, bound to {taken} parents" : "Route was valid");
        if (taken == 0)
        {
            // Of several listeners that refuse, those that came nearest to taking it are told.
            var reason = RouteAttachments.Reasons.First(reason => attachments.Exists(attachment => attachment.Denied!.Reason == reason));
            accepted = new("Accepted", false, reason, string.Join("; ", attachments.Where(a => a.Denied!.Reason == reason).Select(a => a.Denied!.Message).Distinct()));
        }

        var faults = attachments[0].IsMesh ? value.MeshFaults : value.GatewayFaults;
        var fault = faults.LastOrDefault(candidate => candidate.Missing is not { } service || IsMissing(service));
        var parentRef = OfReference(reference);
        var before = stored.Items("parents")
            .FirstOrDefault(parent => parent.Text("controllerName") == GatewayNames.Controller && JsonNode.DeepEquals(parent["parentRef"], parentRef));
        return new JsonObject
        {
            ["parentRef"] = parentRef,
            ["controllerName"] = GatewayNames.Controller,
            ["conditions"] = Conditions(
                before,
                value.Route.Meta.Generation,
                accepted,
                fault is null ? new Condition("ResolvedRefs", true, "ResolvedRefs", "All references resolved") : new Condition("ResolvedRefs", false, fault.Reason, fault.Message)),
        };
    }

    private bool IsMissing(ServiceKey key) => !Mesh.Index.ServicesOf(key.Hostname).Any(service => key.Namespace.Length == 0 || service.Namespace == key.Namespace);

    private static JsonObject OfReference(ParentReference reference)
    {
        var result = new JsonObject { ["name"] = reference.Name };
        foreach (var (name, text) in (ReadOnlySpan<(string, string?)>)
            [("group", reference.Group), ("kind", reference.Kind), ("namespace", reference.Namespace), ("sectionName", reference.SectionName)])
        {
            if (text is not null)
            {
                result[name] = text;
            }
        }

        if (reference.Port is { } port)
        {
            result["port"] = (long)port;
        }

        return result;
    }

    private static string OrderOf(JsonNode? parent) =>
        $"{parent.Text("group")}/{parent.Text("kind")}/{parent.Text("name")}/{parent.Text("sectionName")}/{parent.Number("port") ?? 0}.{parent.Text("namespace")}";

    // Conditions that others wrote stay; ours keep their time while they say the same.
    private JsonArray Conditions(JsonNode? stored, long generation, params ReadOnlySpan<Condition> conditions)
    {
        var made = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var other in stored.Items("conditions"))
        {
            made[other.Text("type")] = (JsonObject)other.DeepClone();
        }

        foreach (var condition in conditions)
        {
            var status = condition.Status ? "True" : "False";
            var since = made.TryGetValue(condition.Type, out var before) && before.Text("status") == status ? before.Text("lastTransitionTime") : "";
            var next = new JsonObject
            {
                ["type"] = condition.Type,
                ["status"] = status,
                ["reason"] = condition.Reason,
                ["message"] = condition.Message,
                ["lastTransitionTime"] = since.Length > 0 ? since : Now,
            };
            if (generation > 0)
            {
                next["observedGeneration"] = generation;
            }

            made[condition.Type] = next;
        }

        return new JsonArray([.. made.Values]);
    }

    private static string Join(IReadOnlyList<string> items) => items.Count switch
    {
        1 => items[0],
        2 => $"{items[0]} and {items[1]}",
        _ => $"{string.Join(", ", items.Take(items.Count - 1))}, and {items[^1]}",
    };

    private sealed record Condition(string Type, bool Status, string Reason, string Message);
}
