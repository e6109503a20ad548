using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Injection.GoTemplate;

/// <summary>JSON text as Go's encoding/json writes it: compact, only what must be escaped is.</summary>
internal static class GoJson
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions Indented = new(Relaxed) { WriteIndented = true };

    /// <summary>A string in its quotes.</summary>
    public static string Quote(string text) => Write(JsonValue.Create(text));

    public static string Write(JsonNode? node) => node?.ToJsonString(Relaxed) ?? "null";

    public static string WriteIndented(JsonNode? node) => node?.ToJsonString(Indented) ?? "null";
}
