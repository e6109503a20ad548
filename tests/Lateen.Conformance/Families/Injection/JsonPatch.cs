using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Conformance.Families.Injection;

/// <summary>Applies RFC 6902 operations add, remove and replace, strictly: a path that does not exist is an error.</summary>
internal static class JsonPatch
{
    public static void Apply(JsonNode document, JsonArray patch)
    {
        foreach (var operation in patch.OfType<JsonObject>())
        {
            ApplyOne(document, (string)operation["op"]!, (string)operation["path"]!, operation["value"]?.DeepClone());
        }
    }

    private static void ApplyOne(JsonNode document, string op, string path, JsonNode? value)
    {
        var tokens = path.Split('/').Skip(1).Select(token => token.Replace("~1", "/").Replace("~0", "~")).ToList();
        var parent = document;
        foreach (var token in tokens.SkipLast(1))
        {
            parent = (parent is JsonArray list ? list[int.Parse(token, CultureInfo.InvariantCulture)] : parent[token])
                ?? throw new InvalidOperationException($"{op} {path}: {token} does not exist");
        }

        if (parent is JsonArray array)
        {
            ApplyToList(array, op, tokens[^1], value);
            return;
        }

        var map = parent.AsObject();
        if (op != "add" && !map.ContainsKey(tokens[^1]))
        {
            throw new InvalidOperationException($"{op} {path}: the member does not exist");
        }

        map.Remove(tokens[^1]);
        if (op != "remove")
        {
            map[tokens[^1]] = value;
        }
    }

    private static void ApplyToList(JsonArray list, string op, string token, JsonNode? value)
    {
        var at = token == "-" ? list.Count : int.Parse(token, CultureInfo.InvariantCulture);
        if (op != "add")
        {
            list.RemoveAt(at);
        }

        if (op != "remove")
        {
            list.Insert(at, value);
        }
    }
}
