using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Config.Decoding;

/// <summary>JSON to <see cref="ConfigNode"/> and back.</summary>
public static class JsonTree
{
    /// <summary>The tree of an object that an API server sent; it has no lines.</summary>
    public static ConfigNode From(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return ConfigNode.Null(0);
            case JsonObject source:
                var members = ImmutableArray.CreateBuilder<ConfigMember>(source.Count);
                foreach (var (name, value) in source)
                {
                    members.Add(new ConfigMember(name, From(value), 0));
                }

                return ConfigNode.Mapping(members.MoveToImmutable(), 0);
            case JsonArray source:
                var items = ImmutableArray.CreateBuilder<ConfigNode>(source.Count);
                foreach (var item in source)
                {
                    items.Add(From(item));
                }

                return ConfigNode.List(items.MoveToImmutable(), 0);
            default:
                return node.GetValueKind() switch
                {
                    JsonValueKind.String => ConfigNode.Scalar(ConfigNodeKind.Text, node.GetValue<string>(), 0),
                    JsonValueKind.True => ConfigNode.Scalar(ConfigNodeKind.Boolean, "true", 0),
                    JsonValueKind.False => ConfigNode.Scalar(ConfigNodeKind.Boolean, "false", 0),
                    JsonValueKind.Null => ConfigNode.Null(0),
                    _ => ConfigNode.Scalar(ConfigNodeKind.Number, node.ToJsonString(), 0),
                };
        }
    }

    /// <summary>The JSON of a tree, for what is sent on to an API server or a schema-free consumer.</summary>
    public static JsonNode? ToJson(ConfigNode node)
    {
        switch (node.Kind)
        {
            case ConfigNodeKind.Mapping:
                var result = new JsonObject();
                foreach (var member in node.Members)
                {
                    result[member.Name] = ToJson(member.Value);
                }

                return result;
            case ConfigNodeKind.List:
                var list = new JsonArray();
                foreach (var item in node.Items)
                {
                    list.Add(ToJson(item));
                }

                return list;
            case ConfigNodeKind.Boolean:
                return JsonValue.Create(node.Text == "true");
            case ConfigNodeKind.Number:
                return long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
                    ? JsonValue.Create(integer)
                    : JsonValue.Create(double.Parse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture));
            case ConfigNodeKind.Text:
                return JsonValue.Create(node.Text);
            default:
                return null;
        }
    }
}
