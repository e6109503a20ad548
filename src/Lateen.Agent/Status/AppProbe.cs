using System.Text.Json;

namespace Lateen.Agent.Status;

/// <summary>One of the application's probes, as the injector kept it when it pointed the kubelet at the agent.</summary>
internal sealed record AppProbe(
    string Kind, string Scheme, string Path, int Port, string Service, IReadOnlyList<KeyValuePair<string, string>> Headers, TimeSpan Timeout)
{
    private static readonly string[] Kinds = ["httpGet", "tcpSocket", "grpc"];

    /// <summary>Reads ISTIO_KUBE_APP_PROBERS: <c>{"/app-health/c/readyz":{"httpGet":{"path":"/","port":80},"timeoutSeconds":1}}</c>.</summary>
    /// <remarks>Names of fields are read without regard to case, as Kubernetes reads them: <c>gRPC</c> is <c>grpc</c>.</remarks>
    /// <exception cref="JsonException">It is not such JSON.</exception>
    /// <exception cref="FormatException">A path, a kind or a port is not what the kubelet could have been told; the message names the path.</exception>
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
            if (entry.Name.Split('/') is not ["", "app-health", { Length: > 0 }, "livez" or "readyz" or "startupz"])
            {
                throw new FormatException($"invalid path, must be in form of regex pattern ^/app-health/[^/]+/(livez|readyz|startupz)$, found {entry.Name}");
            }
            probes[entry.Name] = Read(entry.Name, entry.Value);
        }
        return probes;
    }

    private static AppProbe Read(string name, JsonElement probe)
    {
        var given = Kinds.Select(kind => (Kind: kind, Value: Field(probe, kind))).Where(p => p.Value is not null).ToList();
        if (given is not [(var kind, { } settings)])
        {
            throw new FormatException($"invalid prober of {name}, must be one of type httpGet, tcpSocket or gRPC");
        }
        if (Field(settings, "port") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetUInt16(out var port))
        {
            throw new FormatException($"invalid prober of {name}, the port must be int type and at most {ushort.MaxValue}");
        }
        string Text(string field, string otherwise) => Field(settings, field)?.ToString() is { Length: > 0 } text ? text : otherwise;
        var path = Text("path", "/");
        return new AppProbe(
            kind, Text("scheme", "HTTP").ToLowerInvariant(), path.StartsWith('/') ? path : "/" + path, port, Text("service", ""), ReadHeaders(settings),
            TimeSpan.FromSeconds(Field(probe, "timeoutSeconds") is { } timeout && timeout.TryGetInt32(out var seconds) && seconds > 0 ? seconds : 1));
    }

    private static List<KeyValuePair<string, string>> ReadHeaders(JsonElement settings) =>
        Field(settings, "httpHeaders") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(h => KeyValuePair.Create(Field(h, "name")?.ToString() ?? "", Field(h, "value")?.ToString() ?? ""))]
            : [];

    /// <summary>A field that is there and not null.</summary>
    private static JsonElement? Field(JsonElement value, string name)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null && property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }
        return null;
    }
}
