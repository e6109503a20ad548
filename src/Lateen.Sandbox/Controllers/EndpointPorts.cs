using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>A port that endpoints of a service have.</summary>
/// <param name="Name">The service port's name; empty when it has none.</param>
/// <param name="Port">The number in the pod.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="AppProtocol">The application protocol; empty when the service does not say.</param>
internal readonly record struct EndpointPort(string Name, int Port, string Protocol, string AppProtocol)
{
    public JsonObject ToJson()
    {
        JsonObject port = new() { ["name"] = Name, ["port"] = Port, ["protocol"] = Protocol };
        if (AppProtocol.Length > 0)
        {
            port["appProtocol"] = AppProtocol;
        }

        return port;
    }
}

/// <summary>Resolves a service's target ports in a pod.</summary>
internal static class EndpointPorts
{
    /// <summary>The service's ports in a pod; a named target port that no container has is left out.</summary>
    public static IReadOnlyList<EndpointPort> Of(JsonObject service, JsonObject pod)
    {
        List<EndpointPort> ports = [];
        foreach (JsonObject port in service.Items("spec", "ports"))
        {
            string protocol = port.Text("protocol") is { Length: > 0 } given ? given : "TCP";
            if (Target(port, protocol, pod) is { } number)
            {
                ports.Add(new EndpointPort(port.Text("name"), (int)number, protocol, port.Text("appProtocol")));
            }
        }

        return ports;
    }

    private static long? Target(JsonObject port, string protocol, JsonObject pod)
    {
        string name = port.Text("targetPort");
        if (name.Length == 0)
        {
            return port.Number("targetPort") ?? port.Number("port");
        }

        return pod.Items("spec", "containers").SelectMany(container => container.Items("ports"))
            .FirstOrDefault(candidate => candidate.Text("name") == name
                && (candidate.Text("protocol") is { Length: > 0 } given ? given : "TCP") == protocol)
            .Number("containerPort");
    }
}
