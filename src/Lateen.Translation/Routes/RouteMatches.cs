using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using EnvoyStringMatcher = Envoy.Type.Matcher.V3.StringMatcher;

namespace Lateen.Translation.Routes;

/// <summary>Conditions of a VirtualService match as Envoy's.</summary>
internal static class RouteMatches
{
    /// <param name="match">Null matches everything.</param>
    /// <param name="bySegment">Prefixes end at a `/` (Ingress and Gateway API), not anywhere.</param>
    public static RouteMatch Build(HttpMatch? match, bool bySegment = false)
    {
        var result = new RouteMatch { Prefix = "/" };
        if (match is null)
        {
            return result;
        }

        ApplyPath(result, match, bySegment);
        foreach (var (name, condition) in match.Headers.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            Add(result, name, condition, invert: false);
        }

        foreach (var (name, condition) in match.WithoutHeaders.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            Add(result, name, condition, invert: true);
        }

        AddPseudo(result, ":method", match.Method);
        AddPseudo(result, ":authority", match.Authority);
        AddPseudo(result, ":scheme", match.Scheme);
        foreach (var (name, condition) in match.QueryParams.OrderBy(q => q.Key, StringComparer.Ordinal))
        {
            var matcher = new QueryParameterMatcher { Name = name };
            if (IsPresence(condition))
            {
                matcher.PresentMatch = true;
            }
            else
            {
                matcher.StringMatch = Text(condition);
            }

            result.QueryParameters.Add(matcher);
        }

        return result;
    }

    /// <summary>Whether no later route is ever reached.</summary>
    public static bool TakesEverything(RouteMatch match)
    {
        var anyPath = match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => match.Prefix == "/",
            RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix => match.PathSeparatedPrefix == "/",
            RouteMatch.PathSpecifierOneofCase.SafeRegex => match.SafeRegex.Regex is "*" or ".*",
            _ => false,
        };
        return anyPath && match.Headers.Count == 0 && match.QueryParameters.Count == 0 && match.DynamicMetadata.Count == 0;
    }

    /// <summary>A condition on text.</summary>
    public static EnvoyStringMatcher Text(StringMatch condition) => condition.Kind switch
    {
        StringMatchKind.Exact => new() { Exact = condition.Value },
        StringMatchKind.Prefix => new() { Prefix = condition.Value },
        _ => new() { SafeRegex = new() { Regex = condition.Value } },
    };

    private static void ApplyPath(RouteMatch result, HttpMatch match, bool bySegment)
    {
        switch (match.Uri?.Kind)
        {
            case StringMatchKind.Exact:
                result.Path = match.Uri.Value;
                break;
            case StringMatchKind.Prefix when bySegment && match.Uri.Value != "/":
                // Envoy: path_separated_prefix has no slash at its end.
                result.PathSeparatedPrefix = match.Uri.Value.TrimEnd('/');
                break;
            case StringMatchKind.Prefix:
                result.Prefix = match.Uri.Value;
                break;
            case StringMatchKind.Regex:
                result.SafeRegex = new() { Regex = match.Uri.Value };
                break;
        }

        if (match.IgnoreUriCase)
        {
            result.CaseSensitive = false;
        }
    }

    private static void AddPseudo(RouteMatch result, string name, StringMatch? condition)
    {
        if (condition is not null)
        {
            result.Headers.Add(Header(name, condition, invert: false));
        }
    }

    private static void Add(RouteMatch result, string name, StringMatch condition, bool invert)
    {
        if (RoutingClaim.Path(name) is { } claims)
        {
            result.DynamicMetadata.Add(Claim(claims, condition, invert));
        }
        else
        {
            result.Headers.Add(Header(name, condition, invert));
        }
    }

    private static HeaderMatcher Header(string name, StringMatch condition, bool invert)
    {
        var matcher = new HeaderMatcher { Name = name, InvertMatch = invert };
        if (IsPresence(condition))
        {
            matcher.PresentMatch = true;
        }
        else
        {
            matcher.StringMatch = Text(condition);
        }

        return matcher;
    }

    private static bool IsPresence(StringMatch condition) =>
        condition.Kind == StringMatchKind.Present || condition is { Kind: StringMatchKind.Regex, Value: "*" };

    private static MetadataMatcher Claim(IReadOnlyList<string> claims, StringMatch condition, bool invert)
    {
        var value = IsPresence(condition) ? new EnvoyStringMatcher { SafeRegex = new() { Regex = ".+" } } : Text(condition);
        var matcher = new MetadataMatcher
        {
            Filter = "istio_authn",
            Invert = invert,
            Path = { new MetadataMatcher.Types.PathSegment { Key = "request.auth.claims" } },
            Value = new()
            {
                ListMatch = new() { OneOf = new() { StringMatch = value } },
            },
        };
        matcher.Path.AddRange(claims.Select(c => new MetadataMatcher.Types.PathSegment { Key = c }));
        return matcher;
    }
}
