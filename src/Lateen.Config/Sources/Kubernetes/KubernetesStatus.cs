using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>The API server's answer to a request it could not serve (Kubernetes API, <c>meta/v1 Status</c>).</summary>
/// <param name="Code">The HTTP status code.</param>
/// <param name="Reason">The machine-readable reason, such as <c>NotFound</c>, <c>AlreadyExists</c>, <c>Conflict</c>, <c>Expired</c>.</param>
/// <param name="Message">The sentence for people.</param>
public sealed record KubernetesStatus(int Code, string Reason, string Message)
{
    /// <summary>Reads a Status object; the HTTP code stands in for what it does not say.</summary>
    public static KubernetesStatus From(JsonObject status, int httpCode) => new(
        (int)(status.Number("code") ?? httpCode),
        status.Text("reason"),
        status.Text("message") is { Length: > 0 } message ? message : $"HTTP {httpCode}");

    /// <summary>Reads the body of a failed response, which is a Status object, or plain text from a proxy in between.</summary>
    public static KubernetesStatus Parse(string body, int httpCode)
    {
        try
        {
            if (JsonNode.Parse(body) is JsonObject status && status.Text("kind") == "Status")
            {
                return From(status, httpCode);
            }
        }
        catch (JsonException)
        {
            // Not JSON: the text itself is the message.
        }

        string text = body.Trim();
        return new KubernetesStatus(httpCode, "", text.Length == 0 ? $"HTTP {httpCode}" : text.Length > 500 ? text[..500] : text);
    }
}
