using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Decoding;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>A parsed document as JSON.</summary>
internal static class NodeJson
{
    public static JsonNode? Of(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Mapping => new JsonObject(node.Members.Select(m => KeyValuePair.Create(m.Name, Of(m.Value)))),
        ConfigNodeKind.List => new JsonArray([.. node.Items.Select(Of)]),
        ConfigNodeKind.Boolean => node.Text == "true",
        ConfigNodeKind.Number => Number(node.Text),
        ConfigNodeKind.Null => null,
        _ => node.Text,
    };

    private static JsonNode Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? whole
            : double.Parse(text, CultureInfo.InvariantCulture);
}
