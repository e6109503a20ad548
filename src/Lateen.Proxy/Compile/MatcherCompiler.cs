using System.Text;
using System.Text.RegularExpressions;
using Lateen.Proxy.Routing;
using EnvoyHeader = Envoy.Config.Route.V3.HeaderMatcher;
using EnvoyString = Envoy.Type.Matcher.V3.StringMatcher;

namespace Lateen.Proxy.Compile;

/// <summary>String, header and query matchers.</summary>
internal static class MatcherCompiler
{
    public static StringMatcher? String(CompileScope scope, EnvoyString matcher, string path)
    {
        switch (matcher.MatchPatternCase)
        {
            case EnvoyString.MatchPatternOneofCase.Exact:
                return StringMatcher.Of(StringMatchKind.Exact, matcher.Exact, matcher.IgnoreCase);
            case EnvoyString.MatchPatternOneofCase.Prefix:
                return StringMatcher.Of(StringMatchKind.Prefix, matcher.Prefix, matcher.IgnoreCase);
            case EnvoyString.MatchPatternOneofCase.Suffix:
                return StringMatcher.Of(StringMatchKind.Suffix, matcher.Suffix, matcher.IgnoreCase);
            case EnvoyString.MatchPatternOneofCase.Contains:
                return StringMatcher.Of(StringMatchKind.Contains, matcher.Contains, matcher.IgnoreCase);
            case EnvoyString.MatchPatternOneofCase.SafeRegex:
                return Pattern(scope, matcher.SafeRegex.Regex, path + ".safe_regex.regex") is { } pattern
                    ? new StringMatcher(StringMatchKind.Regex, [], pattern, false) : null;
            default:
                scope.Refuse(path, "one of exact, prefix, suffix, contains, safe_regex must be set");
                return null;
        }
    }

    /// <summary>A pattern that must match the whole text; null after a problem.</summary>
    public static Regex? Pattern(CompileScope scope, string text, string path)
    {
        try
        {
            return TextMatch.Whole(text);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            scope.Refuse(path, $"\"{text}\" is not a pattern with linear-time matching: {e.Message}");
            return null;
        }
    }

    public static RegexRewrite? Rewrite(CompileScope scope, Envoy.Type.Matcher.V3.RegexMatchAndSubstitute? rewrite, string path)
    {
        if (rewrite is null)
        {
            return null;
        }
        try
        {
            return new RegexRewrite(TextMatch.Anywhere(rewrite.Pattern.Regex), Substitution(rewrite.Substitution));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            scope.Refuse(path + ".pattern.regex", $"\"{rewrite.Pattern.Regex}\" is not a pattern with linear-time matching: {e.Message}");
            return null;
        }
    }

    public static HeaderMatcher[] Headers(CompileScope scope, IReadOnlyList<EnvoyHeader> matchers, string path) =>
        [.. matchers.Select((m, i) => Header(scope, m, $"{path}[{i}]")).OfType<HeaderMatcher>()];

    public static QueryMatcher[] Query(
        CompileScope scope, IReadOnlyList<Envoy.Config.Route.V3.QueryParameterMatcher> matchers, string path) =>
        [.. matchers.Select((m, i) => new QueryMatcher(
            Encoding.UTF8.GetBytes(m.Name), m.StringMatch is null ? null : String(scope, m.StringMatch, $"{path}[{i}].string_match")))];

    private static HeaderMatcher? Header(CompileScope scope, EnvoyHeader matcher, string path)
    {
        if (matcher.Name.Length == 0)
        {
            scope.Refuse(path + ".name", "must not be empty");
            return null;
        }
        StringMatcher? value = null;
        (long, long)? range = null;
        bool? present = null;
        switch (matcher.HeaderMatchSpecifierCase)
        {
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.StringMatch:
                value = String(scope, matcher.StringMatch, path + ".string_match");
                break;
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.RangeMatch:
                range = (matcher.RangeMatch.Start, matcher.RangeMatch.End);
                break;
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.PresentMatch:
                present = matcher.PresentMatch;
                break;
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.None:
                present = true;
                break;
            default:
                value = Deprecated(scope, matcher, path);
                break;
        }
        return new HeaderMatcher
        {
            Name = Encoding.ASCII.GetBytes(matcher.Name.ToLowerInvariant()),
            Value = value,
            Range = range,
            Present = present,
            Invert = matcher.InvertMatch,
            MissingIsEmpty = matcher.TreatMissingHeaderAsEmpty,
        };
    }

    // The forms before string_match; Istio 1.19 still sends some of them.
    private static StringMatcher? Deprecated(CompileScope scope, EnvoyHeader matcher, string path)
    {
#pragma warning disable CS0612 // The published messages keep these fields.
        switch (matcher.HeaderMatchSpecifierCase)
        {
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.ExactMatch:
                return StringMatcher.Of(StringMatchKind.Exact, matcher.ExactMatch, false);
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.PrefixMatch:
                return StringMatcher.Of(StringMatchKind.Prefix, matcher.PrefixMatch, false);
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.SuffixMatch:
                return StringMatcher.Of(StringMatchKind.Suffix, matcher.SuffixMatch, false);
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.ContainsMatch:
                return StringMatcher.Of(StringMatchKind.Contains, matcher.ContainsMatch, false);
            case EnvoyHeader.HeaderMatchSpecifierOneofCase.SafeRegexMatch:
                return Pattern(scope, matcher.SafeRegexMatch.Regex, path + ".safe_regex_match.regex") is { } pattern
                    ? new StringMatcher(StringMatchKind.Regex, [], pattern, false) : null;
            default:
                scope.Refuse(path, $"{matcher.HeaderMatchSpecifierCase} is not supported");
                return null;
        }
#pragma warning restore CS0612
    }

    // RE2 writes groups as \1, .NET as $1; a literal dollar is doubled.
    private static string Substitution(string text)
    {
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                char next = text[++i];
                result.Append(char.IsAsciiDigit(next) ? $"${{{next}}}" : next.ToString());
            }
            else
            {
                result.Append(text[i] == '$' ? "$$" : text[i].ToString());
            }
        }
        return result.ToString();
    }
}
