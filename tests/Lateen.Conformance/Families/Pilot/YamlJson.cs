using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>A YAML text of one document, whatever it holds, as JSON.</summary>
internal static class YamlJson
{
    public static JsonNode? Read(string text) =>
        YamlTree.Read(text, null, new List<ConfigProblem>()) is [var document, ..] ? NodeJson.Of(document) : null;
}
