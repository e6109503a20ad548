using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lateen.Injection.GoTemplate;

/// <summary>The functions that Helm's users know from the sprig library: text, lists, maps, numbers, conversions, encodings.</summary>
/// <remarks>
/// Those that would make a pod depend on the moment or the machine (dates, random text, certificates, the environment, DNS) are left out.
/// An argument order of "subject last" is the library's, so that a pipeline reads well.
/// </remarks>
internal static class SprigFunctions
{
    private static readonly TimeSpan RegexTime = TimeSpan.FromMilliseconds(200);

    public static IEnumerable<KeyValuePair<string, TemplateFunction>> All { get; } =
        [.. TextFunctions, .. ListFunctions, .. MapFunctions, .. NumberFunctions, .. ValueFunctions];

    private static Dictionary<string, TemplateFunction> TextFunctions => new()
    {
        ["trim"] = a => S(a, 0).Trim(),
        ["trimAll"] = a => S(a, 1).Trim(S(a, 0).ToCharArray()),
        ["trimPrefix"] = a => S(a, 1).StartsWith(S(a, 0), StringComparison.Ordinal) ? S(a, 1)[S(a, 0).Length..] : S(a, 1),
        ["trimSuffix"] = a => S(a, 1).EndsWith(S(a, 0), StringComparison.Ordinal) ? S(a, 1)[..^S(a, 0).Length] : S(a, 1),
        ["upper"] = a => S(a, 0).ToUpperInvariant(),
        ["lower"] = a => S(a, 0).ToLowerInvariant(),
        ["title"] = a => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(S(a, 0)),
        ["untitle"] = a => Capital(S(a, 0), char.ToLowerInvariant),
        ["nospace"] = a => string.Concat(S(a, 0).Where(c => !char.IsWhiteSpace(c))),
        ["trunc"] = a => Truncate(Arguments.Whole(a, 0), S(a, 1)),
        ["abbrev"] = a => S(a, 1).Length <= Arguments.Whole(a, 0) ? S(a, 1) : S(a, 1)[..(int)Math.Max(0, Arguments.Whole(a, 0) - 3)] + "...",
        ["substr"] = a => Substring(Arguments.Whole(a, 0), Arguments.Whole(a, 1), S(a, 2)),
        ["repeat"] = a => Repeat(Arguments.Whole(a, 0), S(a, 1)),
        ["replace"] = a => S(a, 0).Length == 0 ? S(a, 2) : Arguments.Bounded(S(a, 2).Replace(S(a, 0), S(a, 1), StringComparison.Ordinal)),
        ["hasPrefix"] = a => S(a, 1).StartsWith(S(a, 0), StringComparison.Ordinal),
        ["hasSuffix"] = a => S(a, 1).EndsWith(S(a, 0), StringComparison.Ordinal),
        ["quote"] = a => string.Join(' ', a.Where(v => v is not null).Select(v => GoJson.Quote(GoValue.Format(v)))),
        ["squote"] = a => string.Join(' ', a.Where(v => v is not null).Select(v => $"'{GoValue.Format(v)}'")),
        ["cat"] = a => string.Join(' ', a.Where(v => v is not null).Select(GoValue.Format)),
        ["indent"] = a => Indent(Arguments.Whole(a, 0), S(a, 1)),
        ["nindent"] = a => "\n" + Indent(Arguments.Whole(a, 0), S(a, 1)),
        ["plural"] = a => Arguments.Whole(a, 2) == 1 ? S(a, 0) : S(a, 1),
        ["snakecase"] = a => Words(S(a, 0), "_"),
        ["kebabcase"] = a => Words(S(a, 0), "-"),
        ["camelcase"] = a => string.Concat(Words(S(a, 0), "_").Split('_').Select(w => Capital(w, char.ToUpperInvariant))),
        ["regexMatch"] = a => Pattern(a).IsMatch(S(a, 1)),
        ["regexFind"] = a => Pattern(a).Match(S(a, 1)).Value,
        ["regexFindAll"] = a => Pattern(a).Matches(S(a, 1)).Take(Limit(Arguments.Whole(a, 2))).Select(m => (object?)m.Value).ToList(),
        ["regexReplaceAll"] = a => Pattern(a).Replace(S(a, 1), S(a, 2)),
        ["regexReplaceAllLiteral"] = a => Pattern(a).Replace(S(a, 1), _ => S(a, 2)),
        ["regexSplit"] = a => Texts(Pattern(a).Split(S(a, 1))),
        ["regexQuoteMeta"] = a => Regex.Escape(S(a, 0)),
        ["b64enc"] = a => Convert.ToBase64String(Encoding.UTF8.GetBytes(S(a, 0))),
        ["b64dec"] = a => Encoding.UTF8.GetString(Convert.FromBase64String(S(a, 0))),
        ["sha256sum"] = a => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(S(a, 0)))),
        ["join"] = a => Arguments.Bounded(string.Join(S(a, 0), Strings(a, 1))),
        ["splitList"] = a => Texts(S(a, 1).Split(S(a, 0))),
        ["split"] = a => new GoMap(S(a, 1).Split(S(a, 0)).Select((part, i) => KeyValuePair.Create($"_{i}", (object?)part))),
        ["base"] = a => Path.GetFileName(S(a, 0).TrimEnd('/')),
        ["dir"] = a => S(a, 0).LastIndexOf('/') is var cut && cut > 0 ? S(a, 0)[..cut] : cut == 0 ? "/" : ".",
        ["ext"] = a => Path.GetExtension(S(a, 0)),
        ["clean"] = a => Path.GetFullPath(S(a, 0), "/"),
        ["isAbs"] = a => S(a, 0).StartsWith('/'),
    };

    private static Dictionary<string, TemplateFunction> ListFunctions => new()
    {
        ["list"] = a => a.ToList(),
        ["tuple"] = a => a.ToList(),
        ["first"] = a => L(a, 0).FirstOrDefault(),
        ["last"] = a => L(a, 0).LastOrDefault(),
        ["rest"] = a => L(a, 0).Skip(1).ToList(),
        ["initial"] = a => L(a, 0).SkipLast(1).ToList(),
        ["append"] = a => Two(a, L(a, 0).Append(a[1])),
        ["push"] = a => Two(a, L(a, 0).Append(a[1])),
        ["prepend"] = a => Two(a, L(a, 0).Prepend(a[1])),
        ["concat"] = a => Bounded(a.SelectMany((_, i) => L(a, i))),
        ["reverse"] = a => L(a, 0).AsEnumerable().Reverse().ToList(),
        ["uniq"] = a => Unique(L(a, 0)),
        ["without"] = a => L(a, 0).Where(item => !a.Skip(1).Any(other => GoValue.DeepEquals(item, other))).ToList(),
        ["has"] = a => L(a, 1).Any(item => GoValue.DeepEquals(item, a[0])),
        ["compact"] = a => L(a, 0).Where(GoValue.IsTrue).ToList(),
        ["sortAlpha"] = a => Texts(Strings(a, 0).Order(StringComparer.Ordinal)),
        ["toStrings"] = a => Texts(Strings(a, 0)),
        ["until"] = a => Range(0, Arguments.Whole(a, 0), Arguments.Whole(a, 0) < 0 ? -1 : 1),
        ["untilStep"] = a => Range(Arguments.Whole(a, 0), Arguments.Whole(a, 1), Arguments.Whole(a, 2)),
        ["seq"] = a => string.Join(' ', Range(a.Length > 1 ? Arguments.Whole(a, 0) : 1, Arguments.Whole(a, a.Length - 1) + 1, 1).Select(GoValue.Format)),
    };

    private static Dictionary<string, TemplateFunction> MapFunctions => new()
    {
        ["dict"] = NewMap,
        ["get"] = a => M(a, 0).GetValueOrDefault(S(a, 1)) ?? "",
        ["set"] = a => Change(M(a, 0), map => map[S(a, 1)] = a[2]),
        ["unset"] = a => Change(M(a, 0), map => map.Remove(S(a, 1))),
        ["hasKey"] = a => M(a, 0).ContainsKey(S(a, 1)),
        ["pluck"] = a => a.Skip(1).OfType<GoMap>().Where(map => map.ContainsKey(S(a, 0))).Select(map => map[S(a, 0)]).ToList(),
        ["keys"] = a => Texts(a.SelectMany((_, i) => M(a, i).Keys)),
        ["values"] = a => M(a, 0).Values.ToList(),
        ["pick"] = a => new GoMap(M(a, 0).Where(entry => a.Skip(1).Contains(entry.Key))),
        ["omit"] = a => new GoMap(M(a, 0).Where(entry => !a.Skip(1).Contains(entry.Key))),
        ["merge"] = a => Merge(a, overwrite: false),
        ["mergeOverwrite"] = a => Merge(a, overwrite: true),
        ["deepCopy"] = a => GoValue.FromJson(GoValue.ToJson(a[0])),
        ["dig"] = Dig,
    };

    private static Dictionary<string, TemplateFunction> NumberFunctions => new()
    {
        ["add"] = a => a.Select(Arguments.ToWhole).Aggregate(0L, (sum, next) => checked(sum + next)),
        ["add1"] = a => Arguments.Whole(a, 0) + 1,
        ["sub"] = a => Arguments.Whole(a, 0) - Arguments.Whole(a, 1),
        ["mul"] = a => a.Select(Arguments.ToWhole).Aggregate(1L, (product, next) => checked(product * next)),
        ["div"] = a => Arguments.Whole(a, 0) / Divisor(a),
        ["mod"] = a => Arguments.Whole(a, 0) % Divisor(a),
        ["max"] = a => a.Select(Arguments.ToWhole).Max(),
        ["min"] = a => a.Select(Arguments.ToWhole).Min(),
        ["floor"] = a => Math.Floor(Arguments.ToReal(a[0])),
        ["ceil"] = a => Math.Ceiling(Arguments.ToReal(a[0])),
        ["round"] = a => Math.Round(Arguments.ToReal(a[0]), (int)Math.Clamp(Arguments.Whole(a, 1), 0, 15), MidpointRounding.AwayFromZero),
        ["int"] = a => Arguments.Whole(a, 0),
        ["int64"] = a => Arguments.Whole(a, 0),
        ["float64"] = a => Arguments.ToReal(a[0]),
        ["atoi"] = a => Arguments.Whole(a, 0),
    };

    private static Dictionary<string, TemplateFunction> ValueFunctions => new()
    {
        ["default"] = a => a.Length > 1 && GoValue.IsTrue(a[^1]) ? a[^1] : a[0],
        ["empty"] = a => !GoValue.IsTrue(a[0]),
        ["coalesce"] = a => a.FirstOrDefault(GoValue.IsTrue),
        ["all"] = a => a.All(GoValue.IsTrue),
        ["any"] = a => a.Any(GoValue.IsTrue),
        ["ternary"] = a => GoValue.IsTrue(a[2]) ? a[0] : a[1],
        ["fail"] = a => throw new FunctionException(S(a, 0)),
        ["required"] = a => a[1] is null or "" ? throw new FunctionException(S(a, 0)) : a[1],
        ["toString"] = a => GoValue.Format(a[0]),
        ["typeOf"] = a => GoValue.TypeOf(a[0]),
        ["typeIs"] = a => GoValue.TypeOf(a[1]) == S(a, 0),
        ["kindOf"] = a => GoValue.KindOf(a[0]),
        ["kindIs"] = a => GoValue.KindOf(a[1]) == S(a, 0),
        ["deepEqual"] = a => GoValue.DeepEquals(a[0], a[1]),
        ["toJson"] = a => GoJson.Write(Arguments.Json(a, 0)),
        ["toPrettyJson"] = a => GoJson.WriteIndented(Arguments.Json(a, 0)),
        ["toRawJson"] = a => GoJson.Write(Arguments.Json(a, 0)),
        ["mustToJson"] = a => GoJson.Write(Arguments.Json(a, 0)),
        ["fromJson"] = a => ParseJson(S(a, 0)),
        ["mustFromJson"] = a => ParseJson(S(a, 0)),
    };

    public static object? ParseJson(string text)
    {
        try
        {
            return GoValue.FromJson(JsonNode.Parse(text));
        }
        catch (JsonException problem)
        {
            throw new FunctionException($"not JSON: {problem.Message}");
        }
    }

    public static string Indent(long width, string text)
    {
        var blanks = new string(' ', (int)Math.Clamp(width, 0, 1000));
        return Arguments.Bounded(blanks + text.Replace("\n", "\n" + blanks, StringComparison.Ordinal));
    }

    private static string S(object?[] arguments, int index) => Arguments.Text(arguments, index);

    private static List<object?> L(object?[] arguments, int index) => Arguments.List(arguments, index);

    private static GoMap M(object?[] arguments, int index) => Arguments.Map(arguments, index);

    private static IEnumerable<string> Strings(object?[] arguments, int index) => index < arguments.Length && arguments[index] is string text
        ? [text]
        : L(arguments, index).Where(item => item is not null).Select(GoValue.Format);

    private static List<object?> Texts(IEnumerable<string> texts) => [.. texts];

    private static List<object?> Two(object?[] arguments, IEnumerable<object?> items)
    {
        Arguments.Want(arguments, 2, 2);
        return Bounded(items);
    }

    private static List<object?> Bounded(IEnumerable<object?> items)
    {
        var list = items.Take(TemplateLimits.MaxElements + 1).ToList();
        return list.Count <= TemplateLimits.MaxElements
            ? list
            : throw new FunctionException($"a list longer than {TemplateLimits.MaxElements} elements");
    }

    private static List<object?> Unique(List<object?> items)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return items.Where(item => seen.Add(GoValue.TypeOf(item) + GoJson.Write(GoValue.ToJson(item)))).ToList();
    }

    private static List<object?> Range(long from, long to, long step)
    {
        if (step == 0 || (to - from) / step > TemplateLimits.MaxElements)
        {
            throw new FunctionException($"a list longer than {TemplateLimits.MaxElements} elements");
        }

        var list = new List<object?>();
        for (var i = from; step > 0 ? i < to : i > to; i += step)
        {
            list.Add(i);
        }

        return list;
    }

    private static GoMap NewMap(object?[] arguments)
    {
        var map = new GoMap();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            map[S(arguments, i)] = i + 1 < arguments.Length ? arguments[i + 1] : "";
        }

        return map;
    }

    private static GoMap Change(GoMap map, Action<GoMap> change)
    {
        change(map);
        return map;
    }

    private static GoMap Merge(object?[] arguments, bool overwrite)
    {
        var into = M(arguments, 0);
        for (var i = 1; i < arguments.Length; i++)
        {
            MergeInto(into, M(arguments, i), overwrite);
        }

        return into;
    }

    private static void MergeInto(GoMap into, GoMap from, bool overwrite)
    {
        foreach (var (key, value) in from)
        {
            if (into.TryGetValue(key, out var existing) && existing is GoMap inner && value is GoMap outer)
            {
                MergeInto(inner, outer, overwrite);
            }
            else if (overwrite ? value is not null : !GoValue.IsTrue(existing))
            {
                into[key] = value;
            }
        }
    }

    private static object? Dig(object?[] arguments)
    {
        Arguments.Want(arguments, 3);
        object? value = M(arguments, arguments.Length - 1);
        foreach (var key in arguments.SkipLast(2))
        {
            if (value is not GoMap map || !map.TryGetValue(GoValue.Format(key), out value))
            {
                return arguments[^2];
            }
        }

        return value;
    }

    private static long Divisor(object?[] arguments) => Arguments.Whole(arguments, 1) is var divisor && divisor != 0
        ? divisor
        : throw new FunctionException("division by zero");

    private static string Capital(string text, Func<char, char> change) => text.Length == 0 ? text : change(text[0]) + text[1..];

    private static string Truncate(long count, string text) => count >= 0
        ? text.Length > count ? text[..(int)count] : text
        : text.Length > -count ? text[(int)(text.Length + count)..] : text;

    private static string Substring(long from, long to, string text)
    {
        var start = (int)Math.Clamp(from, 0, text.Length);
        var end = to < 0 ? text.Length : (int)Math.Clamp(to, start, text.Length);
        return text[start..end];
    }

    private static string Repeat(long count, string text) => count <= 0 || text.Length == 0
        ? ""
        : count * text.Length <= TemplateLimits.MaxText
            ? new StringBuilder().Insert(0, text, (int)count).ToString()
            : throw new FunctionException($"result is longer than {TemplateLimits.MaxText} characters");

    private static string Words(string text, string separator) =>
        Regex.Replace(text, "([a-z0-9])([A-Z])|[\\s_-]+", m => m.Groups[1].Success ? $"{m.Groups[1]}{separator}{m.Groups[2]}" : separator, RegexOptions.None, RegexTime)
            .ToLowerInvariant();

    private static int Limit(long count) => count < 0 ? int.MaxValue : (int)Math.Min(count, int.MaxValue);

    // Without backtracking, as Go's RE2: time is linear in the text, whatever the pattern.
    private static Regex Pattern(object?[] arguments)
    {
        try
        {
            return new Regex(S(arguments, 0), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, RegexTime);
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            throw new FunctionException($"bad regular expression: {problem.Message}");
        }
    }
}
