using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Lateen.Api;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>The assertion list of route-translation: `{path, equals | equalsAnyOrder | contains | not | is}` over a message.</summary>
internal static class MessageAssertions
{
    /// <summary>The first assertion that does not hold; null when all do.</summary>
    public static string? Check(JsonArray assertions, JsonObject root)
    {
        foreach (var assertion in assertions.OfType<JsonObject>())
        {
            var path = (string)assertion["path"]!;
            var actual = Find(root, path);
            if (Differs(assertion, actual) is { } reason)
            {
                return $"{path}: {reason}";
            }
        }

        return null;
    }

    /// <summary>Names of the values that an absent enum field has.</summary>
    private static readonly HashSet<string> ZeroNames = [.. Lateen.Api.Generated.ApiFiles.All()
        .SelectMany(f => f.EnumTypes.Concat(f.MessageTypes.SelectMany(Enums)))
        .Select(e => e.FindValueByNumber(0)?.Name)
        .OfType<string>()];

    private static IEnumerable<Google.Protobuf.Reflection.EnumDescriptor> Enums(Google.Protobuf.Reflection.MessageDescriptor message) =>
        message.EnumTypes.Concat(message.NestedTypes.SelectMany(Enums));

    /// <summary>A message in protobuf-JSON.</summary>
    public static JsonNode Json(IMessage message) => JsonNode.Parse(XdsJson.Format(message))!;

    /// <summary>The first difference of two messages in protobuf-JSON, absent and default being the same; null where there is none.</summary>
    public static string? Difference(JsonNode? expected, JsonNode? actual) => JsonDifference.First(Normal(expected), Normal(actual));

    private static string? Differs(JsonObject assertion, JsonNode? actual)
    {
        if (assertion["is"] is { } presence)
        {
            var wanted = (string)presence! == "present";
            return wanted == actual is not null ? null : $"expected {(string)presence!}, found {Short(actual)}";
        }

        if (assertion.TryGetPropertyValue("equals", out var expected))
        {
            return Same(expected, actual) ? null : $"expected {Short(expected)}, found {Short(actual)}";
        }

        if (assertion.TryGetPropertyValue("not", out var unwanted))
        {
            return Same(unwanted, actual) ? $"must not be {Short(unwanted)}" : null;
        }

        if (assertion["equalsAnyOrder"] is JsonArray set)
        {
            var left = set.Select(Short).Order(StringComparer.Ordinal);
            var right = (actual as JsonArray ?? []).Select(Short).Order(StringComparer.Ordinal);
            return left.SequenceEqual(right) ? null : $"expected (any order) {Short(set)}, found {Short(actual)}";
        }

        if (assertion["contains"] is { } part)
        {
            var found = actual switch
            {
                JsonArray list => list.Any(item => Same(part, item)),
                JsonValue value => value.ToString().Contains((string)part!, StringComparison.Ordinal),
                _ => false,
            };
            return found ? null : $"expected to contain {Short(part)}, found {Short(actual)}";
        }

        return "the assertion has no comparison";
    }

    /// <summary>Whether the values are equal where an absent field has its default.</summary>
    private static bool Same(JsonNode? expected, JsonNode? actual)
    {
        if (actual is null)
        {
            return IsDefault(expected);
        }

        return JsonDifference.First(Normal(expected), Normal(actual)) is null;
    }

    private static bool IsDefault(JsonNode? value) => value switch
    {
        null => true,
        JsonArray array => array.Count == 0,
        JsonObject map => map.Count == 0,
        JsonValue scalar => scalar.ToString() is "" or "0" or "false" or "0s" || ZeroNames.Contains(scalar.ToString()),
        _ => false,
    };

    /// <summary>Drops what is a default: protobuf does not tell it from absent.</summary>
    private static JsonNode? Normal(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                return new JsonObject(map.Where(e => e.Value is JsonObject || !IsDefault(e.Value))
                    .Select(e => KeyValuePair.Create(e.Key, Normal(e.Value))));
            case JsonArray array:
                return new JsonArray([.. array.Select(Normal)]);
            case JsonValue scalar when scalar.TryGetValue(out string? text)
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                return number;
            case JsonValue scalar when scalar.TryGetValue(out double number):
                return number;
            default:
                return value?.DeepClone();
        }
    }

    private static JsonNode? Find(JsonNode? node, string path)
    {
        foreach (var part in path.Split('.'))
        {
            if (part == "#len")
            {
                return node is JsonArray list ? list.Count : 0;
            }

            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? part : part[..bracket];
            node = (node as JsonObject)?[name];
            while (bracket >= 0 && node is not null)
            {
                var end = part.IndexOf(']', bracket);
                var key = part[(bracket + 1)..end];
                node = node switch
                {
                    JsonArray array when int.TryParse(key, CultureInfo.InvariantCulture, out var at) => at < array.Count ? array[at] : null,
                    JsonObject map => map[key.Trim('"', '\'')],
                    _ => null,
                };
                bracket = part.IndexOf('[', end);
            }
        }

        return node;
    }

    private static string Short(JsonNode? value) => value?.ToJsonString() ?? "nothing";
}
