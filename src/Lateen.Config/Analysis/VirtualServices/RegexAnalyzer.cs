using System.Text.RegularExpressions;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0122: an expression that the proxy can not compile.</summary>
internal sealed class RegexAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.RegexAnalyzer";

    public string Description => "Checks all regexes";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        foreach (var service in mesh.Of<VirtualServiceConfig>())
        {
            for (var i = 0; i < service.Http.Count; i++)
            {
                foreach (var (match, field, path) in Expressions(service.Http[i], $"spec.http[{i}]"))
                {
                    if (match is { Kind: StringMatchKind.Regex, Value: var pattern } && Problem(pattern) is { } problem)
                    {
                        yield return ConfigProblem.Warning(
                            "IST0122",
                            $"Field {GoText.Quoted(field)} regular expression invalid: {GoText.Quoted(pattern)} ({problem})",
                            mesh.At(service.Meta, path));
                    }
                }
            }
        }
    }

    private static IEnumerable<(StringMatch? Match, string Field, string Path)> Expressions(HttpRoute http, string path)
    {
        for (var i = 0; i < http.Match.Count; i++)
        {
            var (match, at) = (http.Match[i], $"{path}.match[{i}]");
            yield return (match.Uri, "uri", $"{at}.uri.regex");
            yield return (match.Scheme, "scheme", $"{at}.scheme.regex");
            yield return (match.Method, "method", $"{at}.method.regex");
            yield return (match.Authority, "authority", $"{at}.authority.regex");
            foreach (var (field, members) in new[] { ("headers", match.Headers), ("withoutHeaders", match.WithoutHeaders), ("queryParams", match.QueryParams) })
            {
                foreach (var (name, value) in members)
                {
                    yield return (value, field, $"{at}.{field}.{name}.regex");
                }
            }
        }

        var origins = http.CorsPolicy?.AllowOrigins ?? [];
        for (var i = 0; i < origins.Count; i++)
        {
            yield return (origins[i], "corsPolicy.allowOrigins", $"{path}.corsPolicy.allowOrigins[{i}].regex");
        }
    }

    // The engine without backtracking refuses what RE2 refuses: lookarounds, backreferences, atomic groups.
    private static string? Problem(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
