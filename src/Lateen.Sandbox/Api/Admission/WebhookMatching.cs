using System.Text.Json;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Decides which webhooks a write concerns (Kubernetes, "Dynamic Admission Control", matching requests).</summary>
/// <remarks>matchConditions (CEL) are not evaluated: they are taken as met.</remarks>
internal sealed class WebhookMatching(ObjectStore store, ResourceRegistry registry)
{
    /// <summary>The version of the resource in which the webhook wants the object, or null when the write is none of its business.</summary>
    public ApiResource? Match(JsonElement webhook, AdmissionAttributes attributes, JsonElement obj, JsonElement old)
    {
        var resource = attributes.Request.Resource;
        return MatchedVersion(webhook, attributes) is { } wanted
            && NamespaceMatches(webhook, attributes, resource, obj.ValueKind == JsonValueKind.Object ? obj : old)
            && ObjectMatches(webhook, obj, old)
                ? wanted
                : null;
    }

    private static bool ObjectMatches(JsonElement webhook, JsonElement obj, JsonElement old)
    {
        var selector = webhook.At("objectSelector");
        return (obj.ValueKind == JsonValueKind.Object && LabelSelectors.Matches(selector, obj.At("metadata", "labels")))
            || (old.ValueKind == JsonValueKind.Object && LabelSelectors.Matches(selector, old.At("metadata", "labels")));
    }

    private bool NamespaceMatches(JsonElement webhook, AdmissionAttributes attributes, ApiResource resource, JsonElement subject)
    {
        var selector = webhook.At("namespaceSelector");
        if (resource.GroupResource == "namespaces")
        {
            return LabelSelectors.Matches(selector, subject.At("metadata", "labels"));
        }

        if (!resource.Namespaced)
        {
            return true;
        }

        var home = store.Get(new ObjectKey("namespaces", "", attributes.Request.Target.Namespace));
        return LabelSelectors.Matches(selector, home?.Root.At("metadata", "labels") ?? default);
    }

    /// <summary>The request's own version, or with matchPolicy Equivalent another served one that a rule names.</summary>
    private ApiResource? MatchedVersion(JsonElement webhook, AdmissionAttributes attributes)
    {
        var resource = attributes.Request.Resource;
        var rules = webhook.Items("rules").ToList();
        if (rules.Exists(rule => RuleMatches(rule, attributes, resource)))
        {
            return resource;
        }

        return webhook.Text("matchPolicy") == "Exact"
            ? null
            : registry.Catalog.Resources.FirstOrDefault(r => r.Group == resource.Group && r.Plural == resource.Plural && r.Version != resource.Version
                && rules.Exists(rule => RuleMatches(rule, attributes, r)));
    }

    private static bool RuleMatches(JsonElement rule, AdmissionAttributes attributes, ApiResource resource) =>
        Lists(rule, "operations", attributes.Operation)
        && Lists(rule, "apiGroups", resource.Group)
        && Lists(rule, "apiVersions", resource.Version)
        && rule.Items("resources").Any(r => ResourceMatches(r.GetString() ?? "", resource.Plural, attributes.Request.Target.Subresource))
        && rule.Text("scope") switch
        {
            "Namespaced" => resource.Namespaced,
            "Cluster" => !resource.Namespaced,
            _ => true,
        };

    private static bool Lists(JsonElement rule, string field, string value) =>
        rule.Items(field).Any(item => item.GetString() is { } text && (text == "*" || text == value));

    private static bool ResourceMatches(string pattern, string plural, string subresource)
    {
        var parts = pattern.Split('/', 2);
        return parts[0] is var wanted && (wanted == "*" || wanted == plural)
            && (parts.Length == 1 ? subresource.Length == 0 : parts[1] == "*" || parts[1] == subresource);
    }
}
