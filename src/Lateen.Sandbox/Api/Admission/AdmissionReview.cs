using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Serving;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>Writes the question that a webhook is asked (admission.k8s.io AdmissionReview).</summary>
internal static class AdmissionReview
{
    /// <param name="apiVersion">admission.k8s.io/v1 or v1beta1.</param>
    /// <param name="uid">Ties the answer to the question.</param>
    /// <param name="wanted">The version in which the webhook wants the object.</param>
    /// <param name="attributes">The write.</param>
    /// <param name="obj">The new state; null for a deletion.</param>
    public static JsonObject Request(string apiVersion, string uid, ApiResource wanted, AdmissionAttributes attributes, JsonObject? obj)
    {
        var (request, target) = (attributes.Request, attributes.Request.Target);
        var content = new JsonObject
        {
            ["uid"] = uid,
            ["kind"] = Kind(wanted),
            ["resource"] = Resource(wanted),
            ["requestKind"] = Kind(request.Resource),
            ["requestResource"] = Resource(request.Resource),
            ["name"] = attributes.Name,
            ["operation"] = attributes.Operation,
            ["userInfo"] = RequestReviews.Describe(request.User),
            ["object"] = In(wanted, obj),
            ["oldObject"] = In(wanted, attributes.Old),
            ["dryRun"] = request.DryRun,
            ["options"] = attributes.Options?.DeepClone(),
        };
        if (target.Namespace.Length > 0)
        {
            content["namespace"] = target.Namespace;
        }

        if (target.Subresource.Length > 0)
        {
            content["subResource"] = target.Subresource;
            content["requestSubResource"] = target.Subresource;
        }

        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = apiVersion, ["request"] = content };
    }

    private static JsonObject? In(ApiResource version, JsonObject? obj)
    {
        var copy = obj?.DeepClone().AsObject();
        if (copy is not null)
        {
            copy["apiVersion"] = version.ApiVersion;
        }

        return copy;
    }

    private static JsonObject Kind(ApiResource resource) =>
        new() { ["group"] = resource.Group, ["version"] = resource.Version, ["kind"] = resource.Kind };

    private static JsonObject Resource(ApiResource resource) =>
        new() { ["group"] = resource.Group, ["version"] = resource.Version, ["resource"] = resource.Plural };
}
