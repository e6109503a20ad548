using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>Collects the reasons to refuse an object, in the wording of field errors of the Kubernetes API.</summary>
internal sealed class CauseList
{
    private readonly List<StatusCause> _causes = [];

    public IReadOnlyList<StatusCause> Causes => _causes;

    public void Required(string field, string why = "") =>
        Add("FieldValueRequired", "Required value" + (why.Length == 0 ? "" : ": " + why), field);

    public void Invalid(string field, JsonNode? value, string why) =>
        Add("FieldValueInvalid", $"Invalid value: {Show(value)}: {why}", field);

    public void Invalid(string field, string value, string why) =>
        Add("FieldValueInvalid", $"Invalid value: {Quote(value)}: {why}", field);

    public void Duplicate(string field, string value) => Add("FieldValueDuplicate", $"Duplicate value: {Quote(value)}", field);

    public void NotFound(string field, string value) => Add("FieldValueNotFound", $"Not found: {Quote(value)}", field);

    public void NotSupported(string field, string value, params ReadOnlySpan<string> supported)
    {
        var list = string.Join(", ", supported.ToArray().Order(StringComparer.Ordinal).Select(Quote));
        Add("FieldValueNotSupported", $"Unsupported value: {Quote(value)}: supported values: {list}", field);
    }

    public void Forbidden(string field, string why) => Add("FieldValueForbidden", "Forbidden: " + why, field);

    private static string Quote(string value) => "\"" + value.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Show(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue text when text.GetValueKind() == JsonValueKind.String => Quote(text.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private void Add(string reason, string message, string field) => _causes.Add(new StatusCause(reason, message, field));
}
