using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Which types a server has (Kubernetes API concepts, "API discovery").</summary>
internal static class Discovery
{
    /// <summary>The types in namespaces whose objects can be listed and deleted, each in its group's preferred version.</summary>
    public static async Task<IReadOnlyList<ResourceType>> DeletableAsync(KubernetesClient client, CancellationToken cancellation)
    {
        List<ResourceType> types = [.. Read(await client.SendAsync(HttpMethod.Get, "/api/v1", null, cancellation), "", "v1")];
        JsonObject groups = await client.SendAsync(HttpMethod.Get, "/apis", null, cancellation);
        foreach (JsonObject group in groups.Items("groups"))
        {
            string name = group.Text("name");
            string version = group.Text("preferredVersion", "version");
            try
            {
                types.AddRange(Read(await client.SendAsync(HttpMethod.Get, $"/apis/{name}/{version}", null, cancellation), name, version));
            }
            catch (KubernetesApiException error) when (error.IsNotFound)
            {
                // The group went between the two requests.
            }
        }

        return types;
    }

    private static IEnumerable<ResourceType> Read(JsonObject list, string group, string version) => list.Items("resources")
        .Where(resource => resource.Flag("namespaced") && !resource.Text("name").Contains('/', StringComparison.Ordinal))
        .Where(resource => resource.Texts("verbs").Contains("list") && resource.Texts("verbs").Contains("delete"))
        .Select(resource => new ResourceType(group, version, resource.Text("name"), resource.Text("kind"), true));
}
