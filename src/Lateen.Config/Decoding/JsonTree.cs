using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Model;

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

    /// <summary>The JSON of a tree, to be kept beside what was read of it; an absent tree is an empty object.</summary>
    public static SourceText ToSource(ConfigNode? node)
    {
        if (node is not { Kind: ConfigNodeKind.Mapping })
        {
            return SourceText.None;
        }

        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            Write(writer, node);
        }

        return new SourceText(bytes.ToArray());
    }

    // Unlike ToJson it takes any tree: also of an object that is refused for its numbers.
    private static void Write(Utf8JsonWriter writer, ConfigNode node)
    {
        switch (node.Kind)
        {
            case ConfigNodeKind.Mapping:
                writer.WriteStartObject();
                foreach (var member in node.Members)
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case ConfigNodeKind.List:
                writer.WriteStartArray();
                foreach (var item in node.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case ConfigNodeKind.Boolean:
                writer.WriteBooleanValue(node.Text == "true");
                break;
            case ConfigNodeKind.Number when long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer):
                writer.WriteNumberValue(integer);
                break;
            case ConfigNodeKind.Number when double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            case ConfigNodeKind.Number or ConfigNodeKind.Text:
                writer.WriteStringValue(node.Text);
                break;
            default:
                writer.WriteNullValue();
                break;
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
