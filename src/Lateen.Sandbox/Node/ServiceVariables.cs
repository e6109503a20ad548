using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;

namespace Lateen.Sandbox.Node;

/// <summary>The variables that tell containers of services (Kubernetes documentation, "Service", "Environment variables").</summary>
internal static class ServiceVariables
{
    /// <summary>The API server's, and those of the pod's namespace unless the pod does not want them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(JsonObject pod, ObjectCache services)
    {
        bool links = pod.At("spec", "enableServiceLinks") is null || pod.Flag("spec", "enableServiceLinks");
        IEnumerable<JsonObject> visible = services.All.Where(service =>
            (links && service.Namespace() == pod.Namespace()) || (service.Namespace() == "default" && service.Name() == "kubernetes"));
        return visible
            .Where(service => service.Text("spec", "clusterIP") is { Length: > 0 } address && address != "None")
            .OrderBy(service => service.Name(), StringComparer.Ordinal)
            .SelectMany(Of);
    }

    private static IEnumerable<KeyValuePair<string, string>> Of(JsonObject service)
    {
        string prefix = service.Name().ToUpperInvariant().Replace('-', '_');
        string address = service.Text("spec", "clusterIP");
        bool first = true;
        foreach (JsonObject port in service.Items("spec", "ports"))
        {
            string number = (port.Number("port") ?? 0).ToString(CultureInfo.InvariantCulture);
            string protocol = port.Text("protocol") is { Length: > 0 } given ? given : "TCP";
            string url = $"{protocol.ToLowerInvariant()}://{address}:{number}";
            if (first)
            {
                yield return KeyValuePair.Create($"{prefix}_SERVICE_HOST", address);
                yield return KeyValuePair.Create($"{prefix}_SERVICE_PORT", number);
                yield return KeyValuePair.Create($"{prefix}_PORT", url);
                first = false;
            }

            if (port.Text("name") is { Length: > 0 } name)
            {
                yield return KeyValuePair.Create($"{prefix}_SERVICE_PORT_{name.ToUpperInvariant().Replace('-', '_')}", number);
            }

            string each = $"{prefix}_PORT_{number}_{protocol}";
            yield return KeyValuePair.Create(each, url);
            yield return KeyValuePair.Create($"{each}_PROTO", protocol.ToLowerInvariant());
            yield return KeyValuePair.Create($"{each}_PORT", number);
            yield return KeyValuePair.Create($"{each}_ADDR", address);
        }
    }
}
