using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.ControlPlane.Debug;

/// <summary>What a debug page answers, over HTTP and over xDS alike.</summary>
/// <param name="Status">As in HTTP.</param>
internal sealed record DebugAnswer(int Status, string ContentType, string Text)
{
    private const int Good = 200;

    // Read by people and by our own CLI; <, > and + of a mesh are not markup here.
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public bool IsGood => Status == Good;

    public static DebugAnswer Json(JsonNode page) => new(Good, "application/json", page.ToJsonString(Indented) + "\n");

    public static DebugAnswer Plain(string text) => new(Good, "text/plain; charset=utf-8", text);

    /// <param name="status">The HTTP status of the refusal.</param>
    public static DebugAnswer Refusal(int status, string text) => new(status, "text/plain; charset=utf-8", text);
}
