using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Lateen.Agent.XdsFiles;

/// <summary>YAML documents as JSON texts: JSON is YAML too, so one reader takes both.</summary>
/// <remarks>YAML 1.2 core schema, as far as JSON can say it: a plain scalar is null, a boolean or a number if it looks like one, else text.</remarks>
internal static class YamlJson
{
    /// <exception cref="InvalidDataException">The text is not YAML; the message says where.</exception>
    public static IReadOnlyList<string> Documents(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new InvalidDataException($"line {e.Start.Line}, column {e.Start.Column}: {e.Message}", e);
        }
        return [.. stream.Documents.Select(d => Write(d.RootNode))];
    }

    private static string Write(YamlNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Node(json, node);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Node(Utf8JsonWriter json, YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                json.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    json.WritePropertyName(key is YamlScalarNode { Value: { } name }
                        ? name
                        : throw new InvalidDataException($"line {key.Start.Line}: a key must be a word"));
                    Node(json, value);
                }
                json.WriteEndObject();
                break;
            case YamlSequenceNode sequence:
                json.WriteStartArray();
                foreach (var item in sequence.Children)
                {
                    Node(json, item);
                }
                json.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                Scalar(json, scalar);
                break;
        }
    }

    private static void Scalar(Utf8JsonWriter json, YamlScalarNode scalar)
    {
        var value = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
        {
            json.WriteStringValue(value);
            return;
        }
        switch (value)
        {
            case "" or "~" or "null":
                json.WriteNullValue();
                break;
            case "true" or "false":
                json.WriteBooleanValue(value == "true");
                break;
            case var _ when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                json.WriteNumberValue(number);
                break;
            case var _ when (char.IsAsciiDigit(value[0]) || value[0] == '-')
                && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(value);
                break;
        }
    }
}
