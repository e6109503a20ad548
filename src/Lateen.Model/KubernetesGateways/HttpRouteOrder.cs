using Lateen.Model.Networking;

namespace Lateen.Model.KubernetesGateways;

/// <summary>The precedence of routes of one host, whatever objects they come from.</summary>
/// <remarks>
/// Gateway API, HTTPRouteRule.matches: exact path, longest prefix, method, most header matches, most query matches; what is equal keeps its order:
/// the older object, then the earlier rule. Expressions come after prefixes, as in Istio.
/// </remarks>
internal static class HttpRouteOrder
{
    public static EquatableArray<HttpRoute> Sort(IEnumerable<HttpRoute> routes) => routes
        .Select(route => (Route: route, Match: route.Match.IsEmpty ? null : route.Match[0]))
        .OrderBy(entry => entry.Match is null)
        .ThenByDescending(entry => Rank(entry.Match))
        .ThenByDescending(entry => entry.Match?.Uri?.Value.Length ?? -1)
        .ThenByDescending(entry => entry.Match?.Method is not null)
        .ThenByDescending(entry => entry.Match?.Headers.Count ?? 0)
        .ThenByDescending(entry => entry.Match?.QueryParams.Count ?? 0)
        .Select(entry => entry.Route)
        .ToEquatableArray();

    private static int Rank(HttpMatch? match) => match?.Uri?.Kind switch
    {
        StringMatchKind.Exact => 3,
        StringMatchKind.Prefix => 2,
        StringMatchKind.Regex => 1,
        _ => 0,
    };
}
