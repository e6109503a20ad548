using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Lateen.Injection.GoTemplate;

/// <summary>The functions that text/template itself has: comparison, index, len, printf and the escapes.</summary>
internal static class CoreFunctions
{
    public static IEnumerable<KeyValuePair<string, TemplateFunction>> All { get; } = new Dictionary<string, TemplateFunction>
    {
        ["not"] = a => !GoValue.IsTrue(One(a)),
        ["eq"] = a => Equal(a),
        ["ne"] = a => !GoValue.DeepEquals(Two(a)[0], a[1]),
        ["lt"] = a => Order(a) < 0,
        ["le"] = a => Order(a) <= 0,
        ["gt"] = a => Order(a) > 0,
        ["ge"] = a => Order(a) >= 0,
        ["index"] = Index,
        ["slice"] = Slice,
        ["len"] = a => Length(One(a)),
        ["print"] = a => Print(a, false),
        ["println"] = a => string.Join(' ', a.Select(GoValue.Format)) + "\n",
        ["printf"] = a => GoPrintf.Format(Arguments.Text(a, 0), a.AsSpan(1)),
        ["html"] = a => WebUtility.HtmlEncode(Print(a, false)),
        ["js"] = a => JavaScriptEncoder.Default.Encode(Print(a, false)),
        ["urlquery"] = a => WebUtility.UrlEncode(Print(a, false)),
    };

    private static object? One(object?[] arguments)
    {
        Arguments.Want(arguments, 1, 1);
        return arguments[0];
    }

    private static object?[] Two(object?[] arguments)
    {
        Arguments.Want(arguments, 2, 2);
        return arguments;
    }

    // text/template, "Functions": eq takes one left side and any number of right sides.
    private static bool Equal(object?[] arguments)
    {
        Arguments.Want(arguments, 2);
        return arguments.Skip(1).Any(other => GoValue.DeepEquals(arguments[0], other));
    }

    private static int Order(object?[] arguments) => (Two(arguments)[0], arguments[1]) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (long a, long b) => a.CompareTo(b),
        (long or double, long or double) => Arguments.ToReal(arguments[0]).CompareTo(Arguments.ToReal(arguments[1])),
        var (a, b) => throw new FunctionException($"cannot order a {GoValue.TypeOf(a)} and a {GoValue.TypeOf(b)}"),
    };

    private static object? Index(object?[] arguments)
    {
        Arguments.Want(arguments, 1);
        var value = arguments[0];
        foreach (var key in arguments.AsSpan(1))
        {
            value = (value, key) switch
            {
                (GoMap map, string name) => map.Get(name),
                (List<object?> list, long at) when at >= 0 && at < list.Count => list[(int)at],
                (List<object?> list, long at) => throw new FunctionException($"index {at} is outside a list of {list.Count}"),
                (string text, long at) when at >= 0 && at < Encoding.UTF8.GetByteCount(text) =>
                    (long)Encoding.UTF8.GetBytes(text)[at],
                (null, _) => throw new FunctionException("index of nothing (nil)"),
                _ => throw new FunctionException($"a {GoValue.TypeOf(value)} has no index of type {GoValue.TypeOf(key)}"),
            };
        }

        return value;
    }

    private static object? Slice(object?[] arguments)
    {
        Arguments.Want(arguments, 1, 3);
        var length = Length(arguments[0]);
        var from = arguments.Length > 1 ? Arguments.Whole(arguments, 1) : 0;
        var to = arguments.Length > 2 ? Arguments.Whole(arguments, 2) : length;
        if (from < 0 || to < from || to > length)
        {
            throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"bounds {from}:{to} are outside 0:{length}"));
        }

        return arguments[0] is string text
            ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text).AsSpan((int)from, (int)(to - from)))
            : Arguments.List(arguments, 0).GetRange((int)from, (int)(to - from));
    }

    private static long Length(object? value) => value switch
    {
        string text => Encoding.UTF8.GetByteCount(text),
        List<object?> list => list.Count,
        GoMap map => map.Count,
        null => throw new FunctionException("length of nothing (nil)"),
        _ => throw new FunctionException($"a {GoValue.TypeOf(value)} has no length"),
    };

    // fmt.Sprint: a blank between two neighbours that are both no string.
    private static string Print(object?[] arguments, bool always)
    {
        var into = new StringBuilder();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (i > 0 && (always || (arguments[i] is not string && arguments[i - 1] is not string)))
            {
                into.Append(' ');
            }

            into.Append(GoValue.Format(arguments[i]));
        }

        return into.ToString();
    }
}
