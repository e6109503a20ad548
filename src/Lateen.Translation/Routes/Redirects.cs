using Envoy.Config.Route.V3;
using Google.Protobuf;
using Lateen.Model.Networking;

namespace Lateen.Translation.Routes;

/// <summary>Answers that the proxy gives itself.</summary>
internal static class Redirects
{
    /// <summary>Stands before a URI that replaces only what the match's prefix took (Istio's form of Gateway API prefix redirects).</summary>
    private const string MatchedPrefix = "%PREFIX()%";

    /// <param name="listenPort">The port that callers use.</param>
    /// <param name="isTls">Callers speak TLS: without a scheme of its own a location keeps theirs.</param>
    public static RedirectAction Build(HttpRedirect redirect, int listenPort, bool isTls)
    {
        var action = new RedirectAction
        {
            HostRedirect = redirect.Authority,
        };
        if (redirect.Uri.StartsWith(MatchedPrefix, StringComparison.Ordinal))
        {
            action.PrefixRewrite = redirect.Uri[MatchedPrefix.Length..];
        }
        else if (redirect.Uri.Length > 0)
        {
            action.PathRedirect = redirect.Uri;
        }

        if (redirect.Scheme.Length > 0)
        {
            action.SchemeRedirect = redirect.Scheme;
        }

        var port = redirect.Port ?? (redirect.DerivePort == RedirectPortSelection.FromRequestPort ? listenPort : 0);

        // The scheme's own port is left out of the location.
        var isSecure = redirect.Scheme.Length == 0 ? isTls : redirect.Scheme == "https";
        action.PortRedirect = port == (isSecure ? 443 : 80) ? 0u : (uint)port;

        action.ResponseCode = redirect.RedirectCode switch
        {
            302 => RedirectAction.Types.RedirectResponseCode.Found,
            303 => RedirectAction.Types.RedirectResponseCode.SeeOther,
            307 => RedirectAction.Types.RedirectResponseCode.TemporaryRedirect,
            308 => RedirectAction.Types.RedirectResponseCode.PermanentRedirect,
            _ => RedirectAction.Types.RedirectResponseCode.MovedPermanently,
        };
        return action;
    }

    public static DirectResponseAction Build(HttpDirectResponse response)
    {
        var action = new DirectResponseAction { Status = (uint)response.Status };
        if (response.BodyText is { } text)
        {
            action.Body = new() { InlineString = text };
        }
        else if (response.BodyBytes is { } bytes)
        {
            action.Body = new() { InlineBytes = ByteString.CopyFrom(bytes.AsSpan()) };
        }

        return action;
    }
}
