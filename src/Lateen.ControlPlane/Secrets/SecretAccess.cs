using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Identity;
using Lateen.Security;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Secrets;

/// <summary>Whether a service account may list the Secrets of its namespace (SubjectAccessReview): only then a gateway gets them from here.</summary>
/// <remarks>Answers are kept for a while, a refusal shorter than a grant, so that a corrected role takes effect soon.</remarks>
internal sealed class SecretAccess(KubernetesClient client, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Granted = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Denied = TimeSpan.FromMinutes(1);
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(string Namespace, string Account), (bool Allowed, DateTimeOffset Until)> _answers = [];

    public async ValueTask<bool> MayReadAsync(SpiffeId caller, CancellationToken cancellation)
    {
        var key = (caller.Namespace, caller.ServiceAccount);
        var now = time.GetUtcNow();
        if (_answers.TryGetValue(key, out var known) && known.Until > now)
        {
            return known.Allowed;
        }

        var review = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = $"system:serviceaccount:{caller.Namespace}:{caller.ServiceAccount}",
                ["groups"] = new JsonArray("system:serviceaccounts", $"system:serviceaccounts:{caller.Namespace}", "system:authenticated"),
                ["resourceAttributes"] = new JsonObject { ["namespace"] = caller.Namespace, ["verb"] = "list", ["resource"] = "secrets" },
            },
        };
        try
        {
            var answer = await client.CreateAsync(ResourceTypes.SubjectAccessReviews, null, review, cancellation);
            var allowed = answer.Flag("status", "allowed") && !answer.Flag("status", "denied");
            if (_answers.Count >= MaxRemembered)
            {
                _answers.Clear();
            }

            _answers[key] = (allowed, now + (allowed ? Granted : Denied));
            return allowed;
        }
        catch (KubernetesApiException exception)
        {
            IdentityLog.ReviewFailed(logger, exception.Message);
            return false;
        }
    }
}
