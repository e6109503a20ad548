using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>An admission call as the API server makes it (admission.k8s.io v1 and v1beta1), and the answers to it.</summary>
internal sealed record AdmissionReview(string ApiVersion, string Uid, string Operation, string Namespace, JsonObject? Object)
{
    /// <summary>How deep an object may be nested; the API server itself stops at 100.</summary>
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 128 };

    /// <exception cref="FormatException">The body is no AdmissionReview with a request.</exception>
    public static async Task<AdmissionReview> ReadAsync(Stream body, CancellationToken cancellation)
    {
        JsonNode? review;
        try
        {
            review = await JsonNode.ParseAsync(body, documentOptions: Limits, cancellationToken: cancellation);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the body is not JSON: {exception.Message}", exception);
        }

        if (review.Text("kind") != "AdmissionReview" || review.At("request") is not JsonObject request)
        {
            throw new FormatException("the body is no AdmissionReview with a request");
        }

        return new AdmissionReview(
            review.Text("apiVersion"),
            request.Text("uid"),
            request.Text("operation"),
            request.Text("namespace"),
            request["object"] as JsonObject);
    }

    /// <summary>The answer: yes, perhaps with warnings that kubectl prints.</summary>
    public JsonObject Allow(IReadOnlyList<string> warnings)
    {
        var response = new JsonObject { ["uid"] = Uid, ["allowed"] = true };
        if (warnings.Count > 0)
        {
            response["warnings"] = new JsonArray([.. warnings.Select(warning => (JsonNode)warning)]);
        }

        return Answer(response);
    }

    /// <summary>The answer: no, and why.</summary>
    public JsonObject Refuse(string message) => Answer(new JsonObject
    {
        ["uid"] = Uid,
        ["allowed"] = false,
        ["status"] = new JsonObject
        {
            // kubectl prints a BadRequest with its message; an Invalid without causes it calls "the request" and leaves the server unnamed.
            ["status"] = "Failure", ["reason"] = "BadRequest", ["code"] = 400, ["message"] = message,
        },
    });

    private JsonObject Answer(JsonObject response) =>
        new() { ["apiVersion"] = ApiVersion, ["kind"] = "AdmissionReview", ["response"] = response };
}
