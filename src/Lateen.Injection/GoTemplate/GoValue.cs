using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Injection.GoTemplate;

/// <summary>What Go does with a value: is it true, how is it printed, how does it compare; and the way from and to JSON.</summary>
/// <remarks>
/// A value is null, bool, long, double, string, <see cref="GoMap"/>, <see cref="List{T}"/> of object? or <see cref="IGoStruct"/>.
/// A JSON number that is whole is a long, so that it is printed without an exponent (Go would print 1e+06 for a million here).
/// </remarks>
internal static class GoValue
{
    private const int MaxDepth = 100;

    /// <summary>text/template, "Actions": false, 0, nil, and the empty string, list or map are false; a struct is true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        GoMap map => map.Count > 0,
        List<object?> list => list.Count > 0,
        IGoPrintable wrapper => wrapper.IsSet,
        _ => true,
    };

    /// <summary>The text that an action writes; nil prints as <c>&lt;no value&gt;</c>.</summary>
    public static string Print(object? value) => value is null ? "<no value>" : Format(value);

    /// <summary>Go's <c>%v</c>.</summary>
    public static string Format(object? value)
    {
        if (value is string text)
        {
            return text;
        }

        var into = new StringBuilder();
        Format(value, into, 0);
        return into.ToString();
    }

    public static string FormatNumber(double value)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "+Inf" : "-Inf";
        }

        var size = Math.Abs(value);
        return size is 0 or (>= 1e-4 and < 1e21)
            ? value.ToString("0.#################", CultureInfo.InvariantCulture)
            : value.ToString("0.################e+00", CultureInfo.InvariantCulture);
    }

    public static string KindOf(object? value) => value switch
    {
        null => "invalid",
        bool => "bool",
        long => "int",
        double => "float64",
        string => "string",
        GoMap => "map",
        List<object?> => "slice",
        _ => "struct",
    };

    public static string TypeOf(object? value) => value switch
    {
        null => "<nil>",
        GoMap => "map[string]interface {}",
        List<object?> => "[]interface {}",
        IGoStruct shape => shape.TypeName,
        _ => KindOf(value),
    };

    public static bool DeepEquals(object? left, object? right) => (left, right) switch
    {
        (long a, double b) => a == b,
        (double a, long b) => a == b,
        (GoMap a, GoMap b) => a.Count == b.Count
            && a.All(entry => b.TryGetValue(entry.Key, out var other) && DeepEquals(entry.Value, other)),
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => DeepEquals(pair.First, pair.Second)),
        (IGoPrintable a, _) when right is not IGoStruct => DeepEquals(a.Print(), Format(right)),
        (_, IGoPrintable b) when left is not IGoStruct => DeepEquals(Format(left), b.Print()),
        (IGoStruct a, IGoStruct b) => JsonNode.DeepEquals(a.ToJson(), b.ToJson()),
        _ => Equals(left, right),
    };

    public static object? FromJson(JsonNode? node, int depth = 0) => node switch
    {
        _ when depth > MaxDepth => throw new FormatException($"JSON is nested deeper than {MaxDepth} levels"),
        JsonObject map => new GoMap(map.Select(entry => KeyValuePair.Create(entry.Key, FromJson(entry.Value, depth + 1)))),
        JsonArray list => list.Select(item => FromJson(item, depth + 1)).ToList(),
        JsonValue value => FromScalar(value),
        _ => null,
    };

    public static JsonNode? ToJson(object? value, int depth = 0) => value switch
    {
        _ when depth > MaxDepth => throw new FormatException($"value is nested deeper than {MaxDepth} levels"),
        null => null,
        bool flag => JsonValue.Create(flag),
        long number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        string text => JsonValue.Create(text),
        GoMap map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, ToJson(entry.Value, depth + 1)))),
        List<object?> list => new JsonArray([.. list.Select(item => ToJson(item, depth + 1))]),
        IGoStruct shape => shape.ToJson(),
        _ => JsonValue.Create(value.ToString()),
    };

    private static object? FromScalar(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => FromNumber(value),
        _ => null,
    };

    private static object FromNumber(JsonValue value)
    {
        var text = value.ToJsonString();
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? whole
            : double.Parse(text, CultureInfo.InvariantCulture) is var real && real == Math.Floor(real) && Math.Abs(real) < 1e15
                ? (long)real
                : real;
    }

    private static void Format(object? value, StringBuilder into, int depth)
    {
        switch (value)
        {
            case null:
                into.Append("<nil>");
                break;
            case bool flag:
                into.Append(flag ? "true" : "false");
                break;
            case double number:
                into.Append(FormatNumber(number));
                break;
            case GoMap map when depth < MaxDepth:
                into.Append("map[");
                into.AppendJoin(' ', map.Select(entry => $"{entry.Key}:{Nested(entry.Value, depth)}")).Append(']');
                break;
            case List<object?> list when depth < MaxDepth:
                into.Append('[').AppendJoin(' ', list.Select(item => Nested(item, depth))).Append(']');
                break;
            case IGoPrintable printable:
                into.Append(printable.Print());
                break;
            case IGoStruct shape:
                into.Append(shape.ToJson()?.ToJsonString() ?? "<nil>");
                break;
            default:
                into.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static string Nested(object? value, int depth)
    {
        var into = new StringBuilder();
        Format(value, into, depth + 1);
        return into.ToString();
    }
}
