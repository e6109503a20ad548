namespace Lateen.Model.Routing;

/// <summary>A header name of a route's match that stands for a claim of the caller's token: `@request.auth.claims.a.b` or `@request.auth.claims[a][b]`.</summary>
/// <remarks>Istio, "JWT claim based routing". The part before the claim is read without regard to case, as header names are.</remarks>
public static class RoutingClaim
{
    private const string Prefix = "@request.auth.claims";

    /// <summary>Whether the name means to be a claim, well written or not.</summary>
    public static bool IsMeant(string header) => header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The names from the outermost claim to the inner one, none of them empty; null where the header is no claim.</summary>
    public static IReadOnlyList<string>? Path(string header)
    {
        if (!IsMeant(header))
        {
            return null;
        }

        string[] claims = header[Prefix.Length..] switch
        {
            ['.', .. var dotted] => dotted.Split('.'),
            ['[', .. var bracketed, ']'] => bracketed.Split("]["),
            _ => [""],
        };
        return claims.Contains("") ? null : claims;
    }
}
