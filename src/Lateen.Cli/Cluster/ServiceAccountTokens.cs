using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Cli.Cluster;

/// <summary>Tokens of service accounts, as the API server issues them (authentication.k8s.io TokenRequest).</summary>
internal static class ServiceAccountTokens
{
    /// <exception cref="KubernetesApiException">The account does not exist, or the caller may not have its tokens.</exception>
    public static async Task<string> RequestAsync(
        KubernetesClient client, ObjectKey account, string audience, TimeSpan lifetime, CancellationToken cancellation)
    {
        JsonObject request = new()
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject { ["audiences"] = new JsonArray(audience), ["expirationSeconds"] = (long)lifetime.TotalSeconds },
        };
        JsonObject answer = await client.SendAsync(
            HttpMethod.Post, ResourceTypes.ServiceAccounts.Path(account.Namespace, account.Name, "token"), request, cancellation);
        return answer.Text("status", "token");
    }
}
