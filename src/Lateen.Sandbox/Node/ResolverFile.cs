using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>A pod's resolv.conf (Kubernetes documentation, "DNS for Services and Pods").</summary>
internal static class ResolverFile
{
    /// <summary>The text for the pod's dnsPolicy and dnsConfig.</summary>
    public static string Build(JsonObject pod, NodeOptions node)
    {
        string policy = pod.Text("spec", "dnsPolicy") is { Length: > 0 } given ? given : "ClusterFirst";
        List<string> servers = [];
        List<string> search = [];
        Dictionary<string, string> options = [];
        if (policy == "Default" && File.Exists("/etc/resolv.conf"))
        {
            return File.ReadAllText("/etc/resolv.conf");
        }

        if (policy != "None")
        {
            string domain = node.ClusterDomain;
            servers.Add(node.Network.DnsServiceAddress.ToString());
            search.AddRange([$"{pod.Namespace()}.svc.{domain}", $"svc.{domain}", domain]);
            options["ndots"] = "5";
        }

        JsonNode? config = pod.At("spec", "dnsConfig");
        servers.AddRange(config.Texts("nameservers"));
        search.AddRange(config.Texts("searches"));
        foreach (JsonObject option in config.Items("options"))
        {
            options[option.Text("name")] = option.Text("value");
        }

        string text = string.Concat(servers.Distinct().Select(server => $"nameserver {server}\n"));
        text += search.Count > 0 ? $"search {string.Join(' ', search.Distinct())}\n" : "";
        string joined = string.Join(' ', options.Select(option => option.Value.Length > 0 ? $"{option.Key}:{option.Value}" : option.Key));
        return text + (joined.Length > 0 ? $"options {joined}\n" : "");
    }
}
