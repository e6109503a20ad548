using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Up;

/// <summary>The objects that a mesh starts with, from the project's <c>deploy/</c> folder, which this library carries inside.</summary>
internal static class Manifests
{
    private const string Prefix = "deploy/";

    /// <summary>The control plane and what it needs, in the order in which it is applied: a later folder needs the earlier ones' kinds and namespaces.</summary>
    public static IReadOnlyList<string> ControlPlane { get; } = ["crds/", "control-plane/", "injection/"];

    /// <summary>The gateways of a profile; their pods are injected, so they come when the control plane serves.</summary>
    public static IReadOnlyList<string> Gateways(SandboxProfile profile) => profile switch
    {
        SandboxProfile.Minimal => [],
        SandboxProfile.Default => ["gateways/ingress"],
        _ => ["gateways/ingress", "gateways/egress"],
    };

    /// <summary>The objects of the manifests whose paths below <c>deploy/</c> begin so, in the order given, then by files and documents.</summary>
    public static IEnumerable<JsonObject> Read(IReadOnlyList<string> paths)
    {
        var assembly = typeof(Manifests).Assembly;
        foreach (string name in assembly.GetManifestResourceNames()
            .Where(name => PlaceOf(name, paths) >= 0)
            .OrderBy(name => PlaceOf(name, paths))
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
    public static async Task ApplyAsync(KubernetesClient client, IReadOnlyList<string> paths, CancellationToken cancellation)
    {
        foreach (JsonObject item in Read(paths))
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

    private static int PlaceOf(string name, IReadOnlyList<string> paths) =>
        paths.ToList().FindIndex(path => name.StartsWith(Prefix + path, StringComparison.Ordinal));

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
