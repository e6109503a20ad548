using System.Text;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>Which mutual TLS a pod asks for, and by which PeerAuthentications.</summary>
/// <remarks>Istio: mesh, namespace, workload, the narrower wins; of several at one level the oldest counts; UNSET is as if it said nothing.</remarks>
internal static class PeerAuthenticationDescription
{
    public static void Append(StringBuilder text, JsonObject pod, DescribedMesh mesh)
    {
        JsonObject[] applied = [.. mesh.PeerAuthentications
            .Where(policy => policy.Space() == mesh.RootNamespace || policy.Space() == pod.Space())
            .Where(policy => Selector(policy) is var selector && pod.Labels().IsSelectedBy(selector) && (selector.Count == 0 || policy.Space() == pod.Space()))
            .OrderBy(policy => policy.Space() == mesh.RootNamespace ? 0 : 1)
            .ThenBy(policy => policy.At("metadata")?.Text("creationTimestamp") ?? "", StringComparer.Ordinal)];
        JsonObject? whole = applied.FirstOrDefault(policy => policy.Space() == mesh.RootNamespace && Selector(policy).Count == 0);
        JsonObject? space = applied.FirstOrDefault(policy => policy.Space() == pod.Space() && Selector(policy).Count == 0);
        JsonObject? workload = applied.FirstOrDefault(policy => Selector(policy).Count > 0);
        string mode = "PERMISSIVE";
        foreach (JsonObject? policy in new[] { whole, space, workload })
        {
            mode = Mode(policy?.Spec().At("mtls")) ?? mode;
        }

        text.Append($"Effective PeerAuthentication:\n   Workload mTLS mode: {mode}\n");
        if (workload?.Spec().At("portLevelMtls") is { Count: > 0 } ports)
        {
            text.Append("   Port Level mTLS mode:\n");
            foreach (var (port, setting) in ports.OrderBy(entry => int.TryParse(entry.Key, out int number) ? number : 0))
            {
                text.Append($"      {port}: {Mode(setting as JsonObject) ?? mode}\n");
            }
        }

        if (applied.Length > 0)
        {
            text.Append($"Applied PeerAuthentication:\n   {string.Join(", ", applied.Select(policy => $"{policy.Name()}.{policy.Space()}"))}\n");
        }
    }

    private static IReadOnlyDictionary<string, string> Selector(JsonObject policy) => policy.Spec().At("selector", "matchLabels").Texts();

    private static string? Mode(JsonObject? settings) => settings?.Text("mode") is { Length: > 0 } mode and not "UNSET" ? mode : null;
}
