using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>How a container is asked whether it is well (Kubernetes API, <c>core/v1 Probe</c>), or told something by a hook.</summary>
/// <param name="Http">The httpGet action: address to ask; null for another action.</param>
/// <param name="Headers">The request's headers.</param>
/// <param name="TcpPort">The tcpSocket action's port; null for another action.</param>
/// <param name="TcpHost">The tcpSocket action's host.</param>
/// <param name="Command">The exec action's command; null for another action.</param>
internal sealed record ProbeAction(
    Uri? Http, IReadOnlyList<KeyValuePair<string, string>> Headers, int? TcpPort, string TcpHost, IReadOnlyList<string>? Command)
{
    /// <summary>Reads the action of a probe or hook; null when it has none that the sandbox knows.</summary>
    /// <param name="address">The pod's address.</param>
    public static ProbeAction? Read(JsonObject handler, JsonObject container, string address)
    {
        if (handler["httpGet"] is JsonObject http)
        {
            string host = http.Text("host") is { Length: > 0 } given ? given : address;
            string scheme = http.Text("scheme") is { Length: > 0 } named ? named.ToLowerInvariant() : "http";
            string path = http.Text("path") is { Length: > 0 } asked ? asked : "/";
            string port = Port(http["port"], container).ToString(CultureInfo.InvariantCulture);
            Uri.TryCreate($"{scheme}://{host}:{port}/{path.TrimStart('/')}", UriKind.Absolute, out Uri? uri);
            return new ProbeAction(
                uri, [.. http.Items("httpHeaders").Select(header => KeyValuePair.Create(header.Text("name"), header.Text("value")))], null, "", null);
        }

        if (handler["tcpSocket"] is JsonObject tcp)
        {
            return new ProbeAction(null, [], Port(tcp["port"], container), tcp.Text("host") is { Length: > 0 } host ? host : address, null);
        }

        return handler["exec"] is JsonObject exec ? new ProbeAction(null, [], null, "", [.. exec.Texts("command")]) : null;
    }

    private static int Port(JsonNode? port, JsonObject container)
    {
        if (port.Number() is { } number)
        {
            return (int)number;
        }

        string name = port.Text();
        long? named = container.Items("ports").FirstOrDefault(item => item.Text("name") == name).Number("containerPort");
        return (int)(named ?? (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : 0));
    }
}

/// <summary>When to ask, and how often before believing.</summary>
internal sealed record ProbeOptions(
    ProbeAction Action, TimeSpan InitialDelay, TimeSpan Period, TimeSpan Timeout, int SuccessThreshold, int FailureThreshold)
{
    /// <summary>Reads a probe of a container; null when it has none.</summary>
    public static ProbeOptions? Read(JsonObject container, string field, string address) =>
        container[field] is JsonObject probe && ProbeAction.Read(probe, container, address) is { } action
            ? new ProbeOptions(
                action,
                TimeSpan.FromSeconds(probe.Number("initialDelaySeconds") ?? 0),
                TimeSpan.FromSeconds(Math.Max(probe.Number("periodSeconds") ?? 10, 1)),
                TimeSpan.FromSeconds(Math.Max(probe.Number("timeoutSeconds") ?? 1, 1)),
                (int)Math.Max(probe.Number("successThreshold") ?? 1, 1),
                (int)Math.Max(probe.Number("failureThreshold") ?? 3, 1))
            : null;
}
