using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Auth;

/// <summary>Finds out who sends a request, by its bearer token: the administrator's or a ServiceAccount's.</summary>
internal sealed class Authenticator(string adminToken, TokenSigner signer, string issuer, ObjectStore store, TimeProvider time)
{
    private readonly byte[] _adminHash = SHA256.HashData(Encoding.UTF8.GetBytes(adminToken));

    /// <summary>The audience of tokens meant for this endpoint.</summary>
    public string Audience => issuer;

    /// <summary>The sender of a request by its Authorization header; null when it carries no valid token.</summary>
    public UserIdentity? Authenticate(string? authorization)
    {
        const string scheme = "Bearer ";
        return authorization is not null && authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? AuthenticateToken(authorization[scheme.Length..].Trim(), [Audience])
            : null;
    }

    /// <summary>The owner of a token that is good for one of the audiences; null when it is good for none.</summary>
    public UserIdentity? AuthenticateToken(string token, IReadOnlyCollection<string> audiences)
    {
        if (CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), _adminHash))
        {
            return UserIdentity.Admin;
        }

        if (signer.Verify(token, time.GetUtcNow()) is not { } claims || claims.Text("iss") != issuer
            || !AudiencesOf(claims).Any(audiences.Contains))
        {
            return null;
        }

        var bound = claims.At("kubernetes.io");
        var (ns, account, uid) = (bound.Text("namespace"), bound.Text("serviceaccount", "name"), bound.Text("serviceaccount", "uid"));
        if (ns is null || account is null || store.Get(new ObjectKey("serviceaccounts", ns, account))?.Root.Text("metadata", "uid") != uid)
        {
            return null;
        }

        var extra = new Dictionary<string, string>(StringComparer.Ordinal);
        if (bound.Text("pod", "name") is { } pod)
        {
            // A token bound to a pod dies with it.
            if (store.Get(new ObjectKey("pods", ns, pod))?.Root.Text("metadata", "uid") != bound.Text("pod", "uid"))
            {
                return null;
            }

            extra["authentication.kubernetes.io/pod-name"] = pod;
            extra["authentication.kubernetes.io/pod-uid"] = bound.Text("pod", "uid")!;
        }

        return new UserIdentity(
            $"system:serviceaccount:{ns}:{account}", uid ?? "",
            ["system:serviceaccounts", $"system:serviceaccounts:{ns}", "system:authenticated"]) { Extra = extra };
    }

    /// <summary>The audiences among the wanted ones that the token is good for.</summary>
    public IReadOnlyList<string> CommonAudiences(string token, IReadOnlyCollection<string> wanted) =>
        signer.Verify(token, time.GetUtcNow()) is { } claims ? [.. AudiencesOf(claims).Where(wanted.Contains)] : [.. wanted];

    private static IEnumerable<string> AudiencesOf(JsonElement claims) => claims.At("aud") switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many => many.EnumerateArray().Select(a => a.GetString() ?? ""),
        _ => [],
    };
}
