using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Security;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Identity;

/// <summary>Asks the API server whose service account token it is (TokenReview), for the audience of the mesh's CA.</summary>
/// <remarks>Pods get the token from a projected volume whose audience is `istio-ca`; a token for somebody else proves nothing here.</remarks>
internal sealed class TokenReviewer(KubernetesClient client, Func<string> trustDomain, ILogger logger) : ITokenReviewer
{
    private const string Audience = "istio-ca";
    private const string UserPrefix = "system:serviceaccount:";

    public async Task<(SpiffeId? Identity, string Reason)> ReviewAsync(string token, CancellationToken cancellation)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenReview",
            ["spec"] = new JsonObject { ["token"] = token, ["audiences"] = new JsonArray(Audience) },
        };
        JsonObject answer;
        try
        {
            answer = await client.CreateAsync(ResourceTypes.TokenReviews, null, review, cancellation);
        }
        catch (KubernetesApiException exception)
        {
            IdentityLog.ReviewFailed(logger, exception.Message);
            return (null, "the token could not be reviewed");
        }

        return Read(answer, trustDomain());
    }

    internal static (SpiffeId? Identity, string Reason) Read(JsonObject review, string trustDomain)
    {
        if (review.Text("status", "error") is { Length: > 0 } error)
        {
            return (null, error);
        }

        if (!review.Flag("status", "authenticated"))
        {
            return (null, "the token is not authenticated");
        }

        // An API server that does not know audiences answers without them: then the token is for the server itself, not for us.
        if (!review.Texts("status", "audiences").Contains(Audience))
        {
            return (null, $"the token is not for the audience {Audience}");
        }

        var user = review.Text("status", "user", "username");
        return user.StartsWith(UserPrefix, StringComparison.Ordinal) && user[UserPrefix.Length..].Split(':') is [var ns, var account]
            ? (new SpiffeId(trustDomain, ns, account), "")
            : (null, $"\"{user}\" is no service account");
    }
}
