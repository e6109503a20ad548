using System.Globalization;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>The values of a policy as Envoy's matchers: `value`, `prefix*`, `*suffix` and `*` for anything that is there.</summary>
internal static class ValueMatchers
{
    private const string Anything = ".+";

    /// <summary>A matcher of text.</summary>
    /// <param name="prefix">What stands before every value, for instance `spiffe://`.</param>
    public static StringMatcher Text(string value, string prefix = "") => value switch
    {
        "*" => Regex(Anything),
        _ when value.StartsWith('*') => prefix.Length == 0 ? new() { Suffix = value[1..] } : Regex($"{prefix}.*{value[1..]}"),
        _ when value.EndsWith('*') => new() { Prefix = prefix + value[..^1] },
        _ => new() { Exact = prefix + value },
    };

    public static StringMatcher Regex(string expression) => new() { SafeRegex = new() { Regex = expression } };

    /// <summary>A path without its query.</summary>
    public static PathMatcher Path(string value) => new() { Path = Text(value) };

    public static HeaderMatcher Header(string name, string value) => value switch
    {
        "*" => new() { Name = name, PresentMatch = true },
        _ when value.StartsWith('*') => new() { Name = name, SuffixMatch = value[1..] },
        _ when value.EndsWith('*') => new() { Name = name, PrefixMatch = value[..^1] },
        _ => new() { Name = name, ExactMatch = value },
    };

    /// <summary>A header whose value has no case: host names.</summary>
    public static HeaderMatcher Host(string name, string value) => value == "*"
        ? new() { Name = name, PresentMatch = true }
        : new() { Name = name, StringMatch = IgnoringCase(Text(value)) };

    /// <summary>An address or a range; null when it is none.</summary>
    public static CidrRange? Range(string value)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        var text = slash < 0 ? value : value[..slash];
        if (!System.Net.IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        var bits = address.GetAddressBytes().Length * 8;
        var length = bits;
        if (slash >= 0 && (!int.TryParse(value.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
        {
            return null;
        }

        return new() { AddressPrefix = text, PrefixLen = (uint)length };
    }

    public static int? Port(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue ? port : null;

    private static StringMatcher IgnoringCase(StringMatcher matcher)
    {
        matcher.IgnoreCase = true;
        return matcher;
    }
}
