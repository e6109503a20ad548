using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>Holds a custom object against its version's OpenAPI v3 schema.</summary>
/// <remarks>CEL rules (x-kubernetes-validations) are not evaluated: they are taken as met.</remarks>
internal static class SchemaRules
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    public static void Validate(JsonObject obj, JsonElement schema, CauseList causes)
    {
        foreach (var property in schema.Fields("properties"))
        {
            if (property.Name is not ("apiVersion" or "kind" or "metadata") && obj[property.Name] is { } value)
            {
                ValidateValue(value, property.Value, property.Name, causes);
            }
        }

        ValidateRequired(obj, schema, "", causes);
    }

    private static void ValidateValue(JsonNode? node, JsonElement schema, string path, CauseList causes)
    {
        if (schema.ValueKind != JsonValueKind.Object || (node is null && schema.IsTrue("nullable")))
        {
            return;
        }

        if (!HasType(node, schema))
        {
            causes.Invalid(path, TypeName(node), $"{path} in body must be of type {schema.Text("type") ?? "integer or string"}: \"{TypeName(node)}\"");
            return;
        }

        ValidateEnum(node, schema, path, causes);
        switch (node)
        {
            case JsonObject obj:
                ValidateObject(obj, schema, path, causes);
                break;
            case JsonArray array:
                ValidateArray(array, schema, path, causes);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                ValidateText(value.GetValue<string>(), schema, path, causes);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                ValidateNumber(value, schema, path, causes);
                break;
        }

        ValidateCombinations(node, schema, path, causes);
    }

    private static void ValidateObject(JsonObject obj, JsonElement schema, string path, CauseList causes)
    {
        ValidateRequired(obj, schema, path, causes);
        foreach (var (name, value) in obj)
        {
            var known = schema.At("properties", name);
            ValidateValue(value, known.ValueKind == JsonValueKind.Undefined ? schema.At("additionalProperties") : known, Join(path, name), causes);
        }
    }

    private static void ValidateRequired(JsonObject obj, JsonElement schema, string path, CauseList causes)
    {
        foreach (var required in schema.Items("required"))
        {
            if (!obj.ContainsKey(required.GetString()!))
            {
                causes.Required(Join(path, required.GetString()!));
            }
        }
    }

    private static void ValidateArray(JsonArray array, JsonElement schema, string path, CauseList causes)
    {
        if (schema.Number("minItems") is { } least && array.Count < least)
        {
            causes.Invalid(path, array.Count, $"{path} in body should have at least {least} items");
        }

        if (schema.Number("maxItems") is { } most && array.Count > most)
        {
            causes.Invalid(path, array.Count, $"{path} in body should have at most {most} items");
        }

        for (var i = 0; i < array.Count; i++)
        {
            ValidateValue(array[i], schema.At("items"), string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), causes);
        }
    }

    private static void ValidateText(string text, JsonElement schema, string path, CauseList causes)
    {
        if (schema.Number("minLength") is { } least && text.Length < least)
        {
            causes.Invalid(path, text, $"{path} in body should be at least {least} chars long");
        }

        if (schema.Number("maxLength") is { } most && text.Length > most)
        {
            causes.Invalid(path, text, $"{path} in body should be at most {most} chars long");
        }

        if (schema.Text("pattern") is { } pattern && !Matches(text, pattern))
        {
            causes.Invalid(path, text, $"{path} in body should match '{pattern}'");
        }
    }

    private static bool Matches(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (Exception problem) when (problem is ArgumentException or RegexMatchTimeoutException)
        {
            // A pattern that only RE2 understands refuses nothing.
            return true;
        }
    }

    private static void ValidateNumber(JsonValue value, JsonElement schema, string path, CauseList causes)
    {
        var number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        if (schema.At("minimum") is { ValueKind: JsonValueKind.Number } minimum && number < minimum.GetDouble())
        {
            causes.Invalid(path, value, $"{path} in body should be greater than or equal to {minimum.GetRawText()}");
        }

        if (schema.At("maximum") is { ValueKind: JsonValueKind.Number } maximum && number > maximum.GetDouble())
        {
            causes.Invalid(path, value, $"{path} in body should be less than or equal to {maximum.GetRawText()}");
        }
    }

    private static void ValidateEnum(JsonNode? node, JsonElement schema, string path, CauseList causes)
    {
        var allowed = schema.Items("enum").ToList();
        if (allowed.Count > 0 && !allowed.Exists(a => JsonNode.DeepEquals(JsonNode.Parse(a.GetRawText()), node)))
        {
            causes.NotSupported(path, node?.ToString() ?? "null", [.. allowed.Select(a => a.ToString())]);
        }
    }

    private static void ValidateCombinations(JsonNode? node, JsonElement schema, string path, CauseList causes)
    {
        foreach (var part in schema.Items("allOf"))
        {
            ValidateValue(node, part, path, causes);
        }

        var any = schema.Items("anyOf").ToList();
        if (any.Count > 0 && !any.Exists(part => Accepts(node, part)))
        {
            causes.Invalid(path, node, "must validate at least one schema (anyOf)");
        }

        var one = schema.Items("oneOf").ToList();
        if (one.Count > 0 && one.Count(part => Accepts(node, part)) != 1)
        {
            causes.Invalid(path, node, "must validate one and only one schema (oneOf)");
        }

        if (schema.At("not") is { ValueKind: JsonValueKind.Object } not && Accepts(node, not))
        {
            causes.Invalid(path, node, "must not validate the schema (not)");
        }
    }

    private static bool Accepts(JsonNode? node, JsonElement schema)
    {
        var causes = new CauseList();
        ValidateValue(node, schema, "", causes);
        return causes.Causes.Count == 0;
    }

    private static bool HasType(JsonNode? node, JsonElement schema)
    {
        if (schema.IsTrue("x-kubernetes-int-or-string"))
        {
            return TypeName(node) is "integer" or "string";
        }

        return schema.Text("type") switch
        {
            null => true,
            "number" => TypeName(node) is "number" or "integer",
            var type => TypeName(node) == type,
        };
    }

    private static string TypeName(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => double.TryParse(node.ToJsonString(), CultureInfo.InvariantCulture, out var number) && number == Math.Floor(number) ? "integer" : "number",
        _ => "null",
    };

    private static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";
}
