namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>What became of a requirement on tokens.</summary>
internal enum JwtStatus
{
    Ok,
    Missing,
    BadFormat,
    NotYetValid,
    Expired,
    UnknownIssuer,
    AudienceNotAllowed,
    NoKey,
    VerificationFails,
}

/// <summary>The answers to each: the words of Envoy's filter.</summary>
internal sealed class JwtReply
{
    private static readonly JwtReply[] Replies =
    [
        new(200, ""),
        new(401, "Jwt is missing"),
        new(401, "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"),
        new(401, "Jwt not yet valid"),
        new(401, "Jwt is expired"),
        new(401, "Jwt issuer is not configured"),
        new(403, "Audiences in Jwt are not allowed"),
        new(401, "Jwks doesn't have key to match kid or alg from Jwt"),
        new(401, "Jwt verification fails"),
    ];

    private JwtReply(int code, string text)
    {
        Code = code;
        Body = System.Text.Encoding.ASCII.GetBytes(text);
        Details = $"jwt_authn_access_denied{{{text.Replace(' ', '_')}}}";
    }

    public int Code { get; }

    public byte[] Body { get; }

    public string Details { get; }

    public static JwtReply Of(JwtStatus status) => Replies[(int)status];
}
