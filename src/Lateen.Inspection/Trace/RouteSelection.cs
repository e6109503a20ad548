using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Trace;

/// <summary>Which virtual host and which of its routes take a request.</summary>
internal static class RouteSelection
{
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The virtual host and the domain by which it was found. envoy.config.route.v3.VirtualHost.domains: exact, then the longest *.suffix, then
    /// the longest prefix.*, then *.
    /// </summary>
    public static (JsonObject Host, string Domain)? VirtualHost(JsonObject config, string authority)
    {
        string host = config.Text("ignorePortInHostMatching") == "true" ? authority.Split(':')[0] : authority;
        var found = config.Objects("virtualHosts").SelectMany(v => v.Texts("domains").Select(d => (Host: v, Domain: d, Rank: Rank(d, host))))
            .Where(c => c.Rank > 0).OrderByDescending(c => c.Rank).ToArray();
        return found.Length > 0 ? (found[0].Host, found[0].Domain) : null;
    }

    /// <summary>Why a route does not take a request: the first condition that does not hold; null where all hold.</summary>
    public static string? Refusal(JsonObject match, TracedRequest request) =>
        PathRefusal(match, request)
        ?? match.Objects("headers").Select(h => HeaderRefusal(h, request)).FirstOrDefault(r => r is not null)
        ?? match.Objects("queryParameters").Select(q => QueryRefusal(q, request)).FirstOrDefault(r => r is not null);

    /// <summary>The conditions of a route in words.</summary>
    public static string Conditions(JsonObject match)
    {
        string path = RouteMatchText.Of(new JsonObject { ["match"] = match.DeepClone() });
        return string.Join(", ", match.Objects("headers").Select(HeaderText).Prepend(path.Length > 0 ? "path " + path : "").Where(t => t.Length > 0));
    }

    private static long Rank(string domain, string host)
    {
        if (domain.Equals(host, StringComparison.OrdinalIgnoreCase))
        {
            return long.MaxValue;
        }

        bool suffix = domain.StartsWith('*') && domain.Length > 1 && host.Length >= domain.Length && host.EndsWith(domain[1..], StringComparison.OrdinalIgnoreCase);
        bool prefix = domain.EndsWith('*') && domain.Length > 1 && host.Length >= domain.Length && host.StartsWith(domain[..^1], StringComparison.OrdinalIgnoreCase);
        return suffix ? 1_000_000L + domain.Length : prefix ? 1_000L + domain.Length : domain == "*" ? 1 : 0;
    }

    private static string? PathRefusal(JsonObject match, TracedRequest request)
    {
        StringComparison comparison = match.Text("caseSensitive") == "false" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        string path = request.PathWithoutQuery;
        bool holds = true;
        if (match.Field("prefix") is not null)
        {
            holds = request.Path.StartsWith(match.Text("prefix"), comparison);
        }
        else if (match.Field("path") is not null)
        {
            holds = path.Equals(match.Text("path"), comparison);
        }
        else if (match.Field("pathSeparatedPrefix") is not null)
        {
            string prefix = match.Text("pathSeparatedPrefix");
            holds = path.StartsWith(prefix, comparison) && (path.Length == prefix.Length || path[prefix.Length] == '/');
        }
        else if (match.Object("safeRegex") is { } regex)
        {
            holds = Matches(regex.Text("regex"), path);
        }

        return holds ? null : $"the path {request.Path} does not match {Conditions(new JsonObject(match.Where(f => f.Key != "headers").Select(f => KeyValuePair.Create(f.Key, f.Value?.DeepClone()))))}";
    }

    private static string? HeaderRefusal(JsonObject header, TracedRequest request)
    {
        string? value = request.Header(header.Text("name"));
        bool inverted = header.Text("invertMatch") == "true";
        bool present = header.Field("presentMatch") is not null;
        bool holds = present ? value is not null == (header.Text("presentMatch") == "true") : value is not null && Holds(header, value);

        // HeaderMatcher.invert_match: a missing header meets an inverted condition.
        return holds != inverted ? null : $"it asks for {HeaderText(header)} and the request has {(value is null ? "none" : $"\"{value}\"")}";
    }

    private static string? QueryRefusal(JsonObject parameter, TracedRequest request)
    {
        string query = request.Path.Contains('?', StringComparison.Ordinal) ? request.Path[(request.Path.IndexOf('?', StringComparison.Ordinal) + 1)..] : "";
        string name = parameter.Text("name");
        string? value = query.Split('&').Select(p => p.Split('=', 2)).Where(p => p[0] == name).Select(p => p.Length > 1 ? p[1] : "").FirstOrDefault();
        bool holds = value is not null && (parameter.Object("stringMatch") is not { } match || StringHolds(match, value));
        return holds ? null : $"it asks for the query parameter {name}{Of(parameter)} and the request has {(value is null ? "none" : $"\"{value}\"")}";
    }

    private static bool Holds(JsonObject header, string value)
    {
        if (header.Object("stringMatch") is { } match)
        {
            return StringHolds(match, value);
        }

        // The fields of HeaderMatcher that string_match replaced.
        return header.Field("exactMatch") is not null ? value == header.Text("exactMatch")
            : header.Field("prefixMatch") is not null ? value.StartsWith(header.Text("prefixMatch"), StringComparison.Ordinal)
            : header.Field("suffixMatch") is not null ? value.EndsWith(header.Text("suffixMatch"), StringComparison.Ordinal)
            : header.Field("containsMatch") is not null ? value.Contains(header.Text("containsMatch"), StringComparison.Ordinal)
            : header.Object("safeRegexMatch") is not { } regex || Matches(regex.Text("regex"), value);
    }

    private static bool StringHolds(JsonObject match, string value)
    {
        StringComparison comparison = match.Text("ignoreCase") == "true" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return match.Field("exact") is not null ? value.Equals(match.Text("exact"), comparison)
            : match.Field("prefix") is not null ? value.StartsWith(match.Text("prefix"), comparison)
            : match.Field("suffix") is not null ? value.EndsWith(match.Text("suffix"), comparison)
            : match.Field("contains") is not null ? value.Contains(match.Text("contains"), comparison)
            : match.Object("safeRegex") is not { } regex || Matches(regex.Text("regex"), value);
    }

    private static string HeaderText(JsonObject header) =>
        $"header {header.Text("name")}{(header.Text("invertMatch") == "true" ? " not" : "")}{Of(header)}";

    private static string Of(JsonObject condition)
    {
        JsonObject match = condition.Object("stringMatch") ?? condition;
        (string Field, string Word)[] kinds =
        [
            ("exact", " = "), ("exactMatch", " = "), ("prefix", " that begins with "), ("prefixMatch", " that begins with "), ("suffix", " that ends in "),
            ("suffixMatch", " that ends in "), ("contains", " that contains "), ("containsMatch", " that contains "),
        ];
        return kinds.Where(k => match.Field(k.Field) is not null).Select(k => k.Word + match.Text(k.Field)).FirstOrDefault()
            ?? ((match.Object("safeRegex") ?? match.Object("safeRegexMatch")) is { } regex ? " that matches " + regex.Text("regex") : "");
    }

    // RE2 matches the whole text here; the engine without backtracking is its like.
    private static bool Matches(string regex, string text)
    {
        try
        {
            return Regex.IsMatch(text, $"^(?:{regex})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, RegexLimit);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
