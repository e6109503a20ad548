using System.Text.Json.Nodes;

namespace Lateen.Conformance;

/// <summary>Compares JSON values and names the first place where they differ.</summary>
public static class JsonDifference
{
    /// <summary>
    /// The first difference as <c>path: expected X, found Y</c>, or null where both are equal. Object keys have no order;
    /// numbers are compared by value.
    /// </summary>
    public static string? First(JsonNode? expected, JsonNode? actual, string path = "$")
    {
        switch (expected, actual)
        {
            case (null, null):
                return null;
            case (JsonObject left, JsonObject right):
                foreach (string key in left.Select(p => p.Key).Union(right.Select(p => p.Key), StringComparer.Ordinal))
                {
                    if (!left.ContainsKey(key))
                    {
                        return $"{path}.{key}: not expected, found {Short(right[key])}";
                    }

                    if (!right.ContainsKey(key))
                    {
                        return $"{path}.{key}: expected {Short(left[key])}, found nothing";
                    }

                    if (First(left[key], right[key], $"{path}.{key}") is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            case (JsonArray left, JsonArray right):
                for (int i = 0; i < Math.Max(left.Count, right.Count); i++)
                {
                    if (i >= left.Count)
                    {
                        return $"{path}[{i}]: not expected, found {Short(right[i])}";
                    }

                    if (i >= right.Count)
                    {
                        return $"{path}[{i}]: expected {Short(left[i])}, found nothing";
                    }

                    if (First(left[i], right[i], $"{path}[{i}]") is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            default:
                return JsonNode.DeepEquals(expected, actual) ? null : $"{path}: expected {Short(expected)}, found {Short(actual)}";
        }
    }

    private static string Short(JsonNode? value)
    {
        string text = value?.ToJsonString() ?? "null";
        return text.Length <= 160 ? text : text[..160] + "…";
    }
}
