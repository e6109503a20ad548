using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;

namespace Lateen.Injection.Yaml;

/// <summary>Writes JSON as block YAML the way Kubernetes' tools lay it out: sorted keys, lists at the column of their key.</summary>
public static class YamlWriter
{
    /// <summary>The document with its final newline.</summary>
    public static string Write(JsonNode? node)
    {
        var into = new StringBuilder();
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                WriteMap(map, 0, into, inline: false);
                break;
            case JsonArray { Count: > 0 } list:
                WriteList(list, 0, into);
                break;
            default:
                WriteScalar(node, 0, into);
                into.Append('\n');
                break;
        }

        return into.ToString();
    }

    private static void WriteMap(JsonObject map, int depth, StringBuilder into, bool inline)
    {
        foreach (var (key, value) in map.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            into.Append(' ', inline ? 0 : depth * 2);
            inline = false;
            WriteText(key, depth, into, isKey: true);
            into.Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    into.Append('\n');
                    WriteMap(inner, depth + 1, into, inline: false);
                    break;
                case JsonArray { Count: > 0 } inner:
                    into.Append('\n');
                    WriteList(inner, depth, into);
                    break;
                default:
                    into.Append(' ');
                    WriteScalar(value, depth + 1, into);
                    into.Append('\n');
                    break;
            }
        }
    }

    private static void WriteList(JsonArray list, int depth, StringBuilder into)
    {
        foreach (var item in list)
        {
            into.Append(' ', depth * 2).Append("- ");
            switch (item)
            {
                case JsonObject { Count: > 0 } inner:
                    WriteMap(inner, depth + 1, into, inline: true);
                    break;
                case JsonArray { Count: > 0 } inner:
                    into.Length--;
                    into.Append('\n');
                    WriteList(inner, depth + 1, into);
                    break;
                default:
                    WriteScalar(item, depth + 1, into);
                    into.Append('\n');
                    break;
            }
        }
    }

    private static void WriteScalar(JsonNode? node, int depth, StringBuilder into)
    {
        switch (node)
        {
            case null:
                into.Append("null");
                break;
            case JsonObject:
                into.Append("{}");
                break;
            case JsonArray:
                into.Append("[]");
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                WriteText(value.GetValue<string>(), depth, into, isKey: false);
                break;
            default:
                into.Append(node.ToJsonString());
                break;
        }
    }

    private static void WriteText(string text, int depth, StringBuilder into, bool isKey)
    {
        if (!isKey && text.Contains('\n') && IsPlainBlock(text))
        {
            WriteBlock(text, depth, into);
        }
        else if (text.Any(char.IsControl))
        {
            into.Append(GoJson.Quote(text));
        }
        else if (NeedsQuotes(text))
        {
            // A number or a word of YAML's stands in double quotes, any other text in single ones.
            into.Append(text.Length == 0 || char.IsAsciiLetterOrDigit(text[0]) && !text.Contains('"') && !text.Contains('\\')
                ? $"\"{text}\""
                : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'");
        }
        else
        {
            into.Append(text);
        }
    }

    private static bool IsPlainBlock(string text) =>
        !text.Any(c => char.IsControl(c) && c != '\n') && text[0] is not (' ' or '\n') && !text.Contains(" \n", StringComparison.Ordinal);

    private static void WriteBlock(string text, int depth, StringBuilder into)
    {
        var body = text.TrimEnd('\n');
        var ends = text.Length - body.Length;
        into.Append(ends == 0 ? "|-" : ends == 1 ? "|" : "|+");
        foreach (var line in body.Split('\n'))
        {
            into.Append('\n');
            if (line.Length > 0)
            {
                into.Append(' ', depth * 2).Append(line);
            }
        }

        into.Append('\n', Math.Max(0, ends - 1));
    }

    private static bool NeedsQuotes(string text)
    {
        if (text.Length == 0 || text[0] is ' ' || text[^1] is ' ' or ':'
            || "-?:,[]{}#&*!|>'\"%@`=~<".Contains(text[0]) && !IsPlainDash(text)
            || text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal))
        {
            return true;
        }

        return YamlReader.ResolvePlain(text) is not JsonValue value || value.GetValueKind() != JsonValueKind.String || text is "y" or "Y" or "n" or "N";
    }

    private static bool IsPlainDash(string text) => text[0] is '-' && text.Length > 1 && text[1] != ' ' && !text.StartsWith("---", StringComparison.Ordinal);
}
