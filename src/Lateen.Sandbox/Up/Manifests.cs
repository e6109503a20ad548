using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Up;

/// <summary>The objects that a mesh starts with, from the project's <c>deploy/</c> folder, which this library carries inside.</summary>
internal static class Manifests
{
    private const string Prefix = "deploy/";

    /// <summary>The folders of <c>deploy/</c>, in the order in which they are applied: a later one needs the earlier ones' kinds and namespaces.</summary>
    private static readonly string[] Folders = ["crds/", "control-plane/", "injection/"];

    /// <summary>The objects of all manifests, in the order of folders, files and documents.</summary>
    public static IEnumerable<JsonObject> Read()
    {
        var assembly = typeof(Manifests).Assembly;
        foreach (string name in assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .OrderBy(name => Array.FindIndex(Folders, folder => name.StartsWith(Prefix + folder, StringComparison.Ordinal)))
            .ThenBy(name => name, StringComparer.Ordinal))
        {
            using StreamReader reader = new(assembly.GetManifestResourceStream(name)!);
            List<ConfigProblem> problems = [];
            foreach (ConfigNode document in YamlTree.Read(reader.ReadToEnd(), name, problems))
            {
                if (JsonTree.ToJson(document) is JsonObject item)
                {
                    yield return item;
                }
            }

            if (problems.Count > 0)
            {
                throw new InvalidOperationException(string.Join('\n', problems));
            }
        }
    }

    /// <summary>Creates every object; one that is there already is replaced by a merge.</summary>
    public static async Task ApplyAsync(KubernetesClient client, CancellationToken cancellation)
    {
        foreach (JsonObject item in Read())
        {
            ResourceType type = await TypeOfAsync(client, item, cancellation);
            try
            {
                await client.CreateAsync(type, type.Namespaced ? item.Namespace() : null, item, cancellation);
            }
            catch (KubernetesApiException error) when (error.IsAlreadyExists)
            {
                await client.PatchAsync(type, ObjectKey.Of(item), PatchKind.Merge, item, cancellation);
            }
        }
    }

    private static async Task<ResourceType> TypeOfAsync(KubernetesClient client, JsonObject item, CancellationToken cancellation)
    {
        string apiVersion = item.Text("apiVersion");
        string kind = item.Text("kind");
        string path = apiVersion.Contains('/', StringComparison.Ordinal) ? $"/apis/{apiVersion}" : $"/api/{apiVersion}";
        JsonObject found = (JsonNode.Parse(await client.GetTextAsync(path, cancellation)) as JsonObject).Items("resources")
            .FirstOrDefault(resource => resource.Text("kind") == kind && !resource.Text("name").Contains('/', StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"the API server knows no {kind} of {apiVersion}");
        string[] version = apiVersion.Split('/');
        return new ResourceType(version.Length > 1 ? version[0] : "", version[^1], found.Text("name"), kind, found.Flag("namespaced"));
    }
}
