using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Injection.Functions;

/// <summary>The annotation k8s.v1.cni.cncf.io/networks: a list of names with commas, or a JSON list of objects.</summary>
/// <remarks>Network Plumbing Working Group, "Kubernetes Network Custom Resource Definition De-facto Standard", 4.1.2.</remarks>
internal static class MultusNetworks
{
    /// <summary>The value with one network more, the rest of it as it was written; unchanged when the network is listed or the JSON is broken.</summary>
    public static string Append(string existing, string network)
    {
        if (existing.Length == 0)
        {
            return network;
        }

        var close = existing.LastIndexOf(']');
        if (close < 0)
        {
            return existing.Split(',', StringSplitOptions.TrimEntries).Contains(network) ? existing : $"{existing}, {network}";
        }

        if (ReadNames(existing) is not { } names || names.Contains(network))
        {
            return existing;
        }

        var comma = names.Count == 0 ? "" : ", ";
        return $"{existing[..close]}{comma}{{\"name\": \"{network}\"}}{existing[close..]}";
    }

    private static List<string?>? ReadNames(string json)
    {
        try
        {
            return (JsonNode.Parse(json) as JsonArray)?.Select(item => (item as JsonObject)?["name"]?.ToString()).ToList();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
