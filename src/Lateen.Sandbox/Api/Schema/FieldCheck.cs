using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lateen.Sandbox.Api.Schema;

/// <summary>Holds an object of a built-in kind against the table of fields.</summary>
internal static partial class FieldCheck
{
    private const string QuantityForm = @"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";

    private static readonly SearchValues<char> Base64Digits =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n");

    /// <summary>Removes fields that the kind does not have.</summary>
    /// <returns>The paths of the removed fields.</returns>
    /// <exception cref="FormatException">A value has the wrong JSON type; the message names both and the path.</exception>
    public static IReadOnlyList<string> Prune(JsonObject obj, string message)
    {
        var unknown = new List<string>();
        Check(obj, message, "", unknown);
        return unknown;
    }

    private static void Check(JsonObject obj, string message, string path, List<string> unknown)
    {
        if (FieldTable.BuiltIn.JsonFields(message) is not { } fields)
        {
            return;
        }

        foreach (var (name, value) in obj.ToList())
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (path.Length == 0 && name is "apiVersion" or "kind" or "status")
            {
                continue;
            }

            if (!fields.TryGetValue(name, out var type))
            {
                obj.Remove(name);
                unknown.Add(at);
            }
            else if (value is not null)
            {
                CheckValue(value, type, message, at, unknown);
            }
        }
    }

    private static void CheckValue(JsonNode value, string type, string message, string path, List<string> unknown)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            var index = 0;
            foreach (var item in Expect<JsonArray>(value, type, message, path))
            {
                if (item is not null)
                {
                    CheckValue(item, type[2..], message, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), unknown);
                }
            }
        }
        else if (type.StartsWith("map ", StringComparison.Ordinal))
        {
            foreach (var (key, item) in Expect<JsonObject>(value, type, message, path))
            {
                if (item is not null)
                {
                    CheckValue(item, type[4..], message, $"{path}.{key}", unknown);
                }
            }
        }
        else if (type.Contains('.', StringComparison.Ordinal))
        {
            Check(Expect<JsonObject>(value, type, message, path), type, path, unknown);
        }
        else if (!Fits(value.GetValueKind(), type))
        {
            throw Mismatch(value, type, message, path);
        }
        else if (value.GetValueKind() == JsonValueKind.String && TextProblem(value.GetValue<string>(), type) is { } problem)
        {
            throw new FormatException(problem);
        }
    }

    private static string? TextProblem(string text, string type) => type switch
    {
        "quantity" when !Quantity().IsMatch(text) => $"quantities must match the regular expression '{QuantityForm}'",
        "bytes" when IllegalBase64(text) is { } at => $"illegal base64 data at input byte {at}",
        _ => null,
    };

    // RFC 4648 section 4, with padding; line ends are passed over, as Go's decoder does.
    private static int? IllegalBase64(string text)
    {
        var digits = text.AsSpan().TrimEnd('=');
        var illegal = digits.IndexOfAnyExcept(Base64Digits);
        return illegal >= 0 ? illegal : System.Buffers.Text.Base64.IsValid(text) ? null : text.Length;
    }

    private static bool Fits(JsonValueKind kind, string type) => type switch
    {
        "string" or "bytes" or "time" or "microtime" => kind == JsonValueKind.String,
        "bool" => kind is JsonValueKind.True or JsonValueKind.False,
        "int32" or "int64" or "double" => kind == JsonValueKind.Number,
        "intstr" or "quantity" => kind is JsonValueKind.Number or JsonValueKind.String,
        _ => true,
    };

    private static T Expect<T>(JsonNode value, string type, string message, string path)
        where T : JsonNode => value as T ?? throw Mismatch(value, type, message, path);

    private static FormatException Mismatch(JsonNode value, string type, string message, string path)
    {
        var kind = value.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => "bool",
            var other => other.ToString().ToLowerInvariant(),
        };
        return new FormatException(
            $"json: cannot unmarshal {kind} into Go struct field {message[(message.LastIndexOf('.') + 1)..]}.{path} of type {type.Replace("map ", "map[string]", StringComparison.Ordinal)}");
    }

    [GeneratedRegex(QuantityForm, RegexOptions.CultureInvariant)]
    private static partial Regex Quantity();
}
