using System.Text.Json;

namespace Lateen.Agent.Status;

/// <summary>One of the application's probes, as the injector kept it when it pointed the kubelet at the agent.</summary>
internal sealed record AppProbe(
    string Kind, string Scheme, string Path, int Port, string Service, IReadOnlyList<KeyValuePair<string, string>> Headers, TimeSpan Timeout)
{
    /// <summary>Reads ISTIO_KUBE_APP_PROBERS: <c>{"/app-health/c/readyz":{"httpGet":{"path":"/","port":80},"timeoutSeconds":1}}</c>.</summary>
    /// <exception cref="JsonException">It is not such JSON.</exception>
    public static IReadOnlyDictionary<string, AppProbe> ReadAll(string text)
    {
        var probes = new Dictionary<string, AppProbe>(StringComparer.Ordinal);
        if (text.Length == 0)
        {
            return probes;
        }
        using var document = JsonDocument.Parse(text);
        foreach (var entry in document.RootElement.EnumerateObject())
        {
            var timeout = TimeSpan.FromSeconds(entry.Value.TryGetProperty("timeoutSeconds", out var t) && t.TryGetInt32(out var s) && s > 0 ? s : 1);
            foreach (var kind in new[] { "httpGet", "tcpSocket", "grpc" })
            {
                if (entry.Value.TryGetProperty(kind, out var probe))
                {
                    probes[entry.Name] = Read(kind, probe, timeout);
                }
            }
        }
        return probes;
    }

    private static AppProbe Read(string kind, JsonElement probe, TimeSpan timeout)
    {
        string Text(string name, string otherwise) => probe.TryGetProperty(name, out var value) && value.ToString() is { Length: > 0 } text ? text : otherwise;
        var headers = new List<KeyValuePair<string, string>>();
        if (probe.TryGetProperty("httpHeaders", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            headers.AddRange(list.EnumerateArray().Select(h => new KeyValuePair<string, string>(h.GetProperty("name").ToString(), h.GetProperty("value").ToString())));
        }
        var path = Text("path", "/");
        return new AppProbe(
            kind, Text("scheme", "HTTP").ToLowerInvariant(), path.StartsWith('/') ? path : "/" + path,
            int.TryParse(Text("port", "0"), out var port) ? port : 0, Text("service", ""), headers, timeout);
    }
}
