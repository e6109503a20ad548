using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>One column of a kind's table.</summary>
/// <param name="Priority">0 is always shown; 1 only with <c>-o wide</c>.</param>
/// <param name="Cell">The object's cell, given the present time.</param>
internal sealed record TableColumn(string Name, string Type, int Priority, Func<JsonElement, DateTimeOffset, JsonNode?> Cell)
{
    public string Format { get; init; } = "";

    public string Description { get; init; } = "";

    public JsonObject Definition() => new()
    {
        ["name"] = Name,
        ["type"] = Type,
        ["format"] = Format,
        ["description"] = Description,
        ["priority"] = Priority,
    };
}
