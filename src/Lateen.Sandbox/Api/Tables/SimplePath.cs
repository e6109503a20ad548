using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>The simple JSON paths of printer columns: fields, quoted fields, indexes, <c>[*]</c> and equality filters.</summary>
/// <remarks>Kubernetes, "JSONPath Support"; CustomResourceColumnDefinition.jsonPath allows no more than these.</remarks>
internal sealed class SimplePath
{
    private readonly List<Func<JsonElement, IEnumerable<JsonElement>>> _steps = [];

    public static SimplePath Parse(string text)
    {
        var path = new SimplePath();
        var i = 0;
        while (i < text.Length)
        {
            if (text[i] == '[')
            {
                var end = Closing(text, i);
                path._steps.Add(Bracket(text[(i + 1)..end].Trim()));
                i = end + 1;
            }
            else
            {
                i += text[i] == '.' ? 1 : 0;
                var name = new StringBuilder();
                while (i < text.Length && text[i] is not ('.' or '['))
                {
                    i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
                    name.Append(text[i++]);
                }

                if (name.Length > 0)
                {
                    var field = name.ToString();
                    path._steps.Add(e => Field(e, field));
                }
            }
        }

        return path;
    }

    public IEnumerable<JsonElement> Select(JsonElement root) =>
        _steps.Aggregate((IEnumerable<JsonElement>)[root], static (found, step) => found.SelectMany(step));

    private static int Closing(string text, int open)
    {
        var quoted = false;
        for (var i = open; i < text.Length; i++)
        {
            quoted ^= text[i] is '\'' or '"';
            if (text[i] == ']' && !quoted)
            {
                return i;
            }
        }

        return text.Length - 1;
    }

    private static Func<JsonElement, IEnumerable<JsonElement>> Bracket(string inner)
    {
        if (inner == "*")
        {
            return e => e.ValueKind == JsonValueKind.Array ? e.EnumerateArray() : [];
        }

        if (int.TryParse(inner, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            return e => e.ValueKind == JsonValueKind.Array && (index < 0 ? index + e.GetArrayLength() : index) is var at && at >= 0 && at < e.GetArrayLength()
                ? [e[at]]
                : [];
        }

        if (inner.StartsWith("?(@", StringComparison.Ordinal) && inner.EndsWith(')') && inner[3..^1].Split("==", 2) is [var path, var value])
        {
            var (filter, wanted) = (Parse(path.Trim()), value.Trim().Trim('"', '\''));
            return e => e.ValueKind == JsonValueKind.Array ? e.EnumerateArray().Where(item => filter.Select(item).Any(v => v.ToString() == wanted)) : [];
        }

        var name = inner.Trim('\'', '"');
        return e => Field(e, name);
    }

    private static IEnumerable<JsonElement> Field(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? [value] : [];
}
