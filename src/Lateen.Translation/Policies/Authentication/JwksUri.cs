using System.Globalization;

namespace Lateen.Translation.Policies.Authentication;

/// <summary>The parts of the address of a key set.</summary>
internal sealed record JwksUri(string Scheme, string Host, int Port)
{
    public bool UsesTls => Scheme == "https";

    /// <summary>Null for what is no http or https address.</summary>
    public static JwksUri? Parse(string text)
    {
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0 || text[..colon] is not ("http" or "https"))
        {
            return null;
        }

        var scheme = text[..colon];
        var authority = text[(colon + 3)..].Split('/', '?', '#')[0];
        var at = authority.LastIndexOf(':');
        if (at < 0 || authority.EndsWith(']'))
        {
            return new(scheme, authority, scheme == "https" ? 443 : 80);
        }

        return int.TryParse(authority.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue
            ? new(scheme, authority[..at], port)
            : null;
    }
}
