using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;

namespace Lateen.Agent.XdsFiles;

/// <summary>Resources from a file in place of a control plane (<c>--xds-file</c>), YAML or JSON: each type with all that the file has of it.</summary>
/// <remarks>
/// A document is a list of documents, a resource (with <c>@type</c>), an object with <c>resources</c> (a DiscoveryResponse is one), or Envoy's
/// bootstrap form with <c>static_resources</c>. The order in the file does not matter.
/// </remarks>
internal static class XdsFile
{
    private static readonly (string Field, string TypeUrl)[] StaticFields =
    [
        ("clusters", TypeUrls.Cluster), ("listeners", TypeUrls.Listener), ("secrets", TypeUrls.Secret),
    ];

    /// <exception cref="InvalidDataException">The text is not such a file; the message says where.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<Any>> Parse(string text)
    {
        var found = new List<Any>();
        foreach (var document in YamlJson.Documents(text))
        {
            using var json = JsonDocument.Parse(document);
            Document(json.RootElement, "", found);
        }
        return found.GroupBy(r => r.TypeUrl).ToDictionary(g => g.Key, g => (IReadOnlyList<Any>)[.. g]);
    }

    private static void Document(JsonElement element, string path, List<Any> found)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                var i = 0;
                foreach (var item in element.EnumerateArray())
                {
                    Document(item, $"{path}[{i++}]", found);
                }
                break;
            case JsonValueKind.Object when element.TryGetProperty("@type", out _):
                found.Add(Resource(element, path));
                break;
            case JsonValueKind.Object when element.TryGetProperty("resources", out var resources):
                Document(resources, Join(path, "resources"), found);
                break;
            case JsonValueKind.Object when element.TryGetProperty("static_resources", out var fixedOnes):
                foreach (var (field, typeUrl) in StaticFields.Where(f => fixedOnes.TryGetProperty(f.Field, out _)))
                {
                    Static(fixedOnes.GetProperty(field), typeUrl, Join(path, $"static_resources.{field}"), found);
                }
                break;
            case JsonValueKind.Null:
                break;
            default:
                throw new InvalidDataException(
                    $"{(path.Length > 0 ? path : "document")}: expected a resource with \"@type\", a list of them, \"resources\" or \"static_resources\"");
        }
    }

    private static void Static(JsonElement list, string typeUrl, string path, List<Any> found)
    {
        var i = 0;
        foreach (var item in list.EnumerateArray())
        {
            var typed = item.EnumerateObject().Aggregate(
                new Dictionary<string, JsonElement>(), (all, p) => { all[p.Name] = p.Value; return all; });
            var text = $"{{\"@type\":\"{typeUrl}\"{string.Concat(typed.Select(p => $",\"{JsonEncodedText.Encode(p.Key)}\":{p.Value.GetRawText()}"))}}}";
            using var json = JsonDocument.Parse(text);
            found.Add(Resource(json.RootElement, $"{path}[{i++}]"));
        }
    }

    private static Any Resource(JsonElement element, string path)
    {
        try
        {
            return XdsJson.Parse<Any>(element.GetRawText());
        }
        // InvalidOperationException: what the parser throws for an @type that it does not know.
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new InvalidDataException($"{(path.Length > 0 ? path + ": " : "")}{e.Message}", e);
        }
    }

    private static string Join(string path, string field) => path.Length > 0 ? $"{path}.{field}" : field;
}
