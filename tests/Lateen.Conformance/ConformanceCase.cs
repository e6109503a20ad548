using System.Text.Json.Nodes;

namespace Lateen.Conformance;

/// <summary>One case of a corpus family, as <c>cases.json</c> states it (see the corpus README for the format).</summary>
/// <param name="Folder">The family's folder; file references are relative to it.</param>
/// <param name="Json">The case's own object.</param>
public sealed record ConformanceCase(string Folder, JsonObject Json)
{
    /// <summary>The case's unique name inside its family.</summary>
    public string Id => (string)Json["id"]!;

    /// <summary>The sub-format inside the family; empty where the family has only one.</summary>
    public string Kind => (string?)Json["kind"] ?? "";

    /// <summary>What goes in. Never null: a case without inputs has an empty object.</summary>
    public JsonObject Inputs => Json["inputs"] as JsonObject ?? [];

    /// <summary>What the surroundings are set to (arguments, mesh config, proxy). Never null.</summary>
    public JsonObject Settings => Json["settings"] as JsonObject ?? [];

    /// <summary>What must come out; null where the case expects nothing.</summary>
    public JsonNode? Expected => Json["expected"];

    /// <summary>
    /// The text of a value: a string is itself, <c>{"file": "x/y"}</c> the content of that file, <c>{"$repeat": "a", "count": N}</c>
    /// N times the text, <c>{"$base64": X}</c> the bytes of X read as UTF-8; null is null.
    /// </summary>
    /// <exception cref="InvalidDataException">The value has none of these shapes, or leads outside the family's folder.</exception>
    public string? Text(JsonNode? value) => value switch
    {
        null => null,
        JsonValue text when text.TryGetValue(out string? content) => content,
        JsonObject { Count: 1 } reference when reference["file"] is { } file => File.ReadAllText(PathOf((string)file!)),
        JsonObject repeat when repeat["$repeat"] is { } unit => string.Concat(Enumerable.Repeat((string)unit!, (int)repeat["count"]!)),
        JsonObject encoded when encoded["$base64"] is { } bytes => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)bytes!)),
        _ => throw new InvalidDataException($"{Id}: expected text or a file reference, found {value.ToJsonString()}"),
    };

    /// <summary>True for an object whose only key is <c>file</c>.</summary>
    public static bool IsFile(JsonNode? value) => value is JsonObject { Count: 1 } reference && reference["file"] is JsonValue;

    private string PathOf(string relative)
    {
        string root = Path.GetFullPath(Folder) + Path.DirectorySeparatorChar;
        string path = Path.GetFullPath(Path.Combine(root, relative));
        return path.StartsWith(root, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"{Id}: file reference {relative} leads outside the family's folder");
    }
}
