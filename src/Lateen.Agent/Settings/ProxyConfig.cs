using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Admin;

namespace Lateen.Agent.Settings;

/// <summary>The part of Istio's ProxyConfig that the agent itself obeys; the whole text travels to the control plane as metadata.</summary>
internal sealed record ProxyConfig
{
    /// <summary><c>host:port</c> of the control plane.</summary>
    public string DiscoveryAddress { get; init; } = "istiod.istio-system.svc:15012";

    /// <summary>Event-loop threads; null leaves it to the CPU limit.</summary>
    public int? Concurrency { get; init; }

    public int ProxyAdminPort { get; init; } = 15000;

    /// <summary>Port of the status server; 0 turns it off.</summary>
    public int StatusPort { get; init; } = 15020;

    public TimeSpan DrainDuration { get; init; } = TimeSpan.FromSeconds(45);

    public TimeSpan TerminationDrainDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>NONE means plaintext to the control plane.</summary>
    public string ControlPlaneAuthPolicy { get; init; } = "MUTUAL_TLS";

    /// <summary>tracing.zipkin.address, <c>host:port</c>: where listeners without a provider of their own send their spans; empty: nowhere.</summary>
    public string ZipkinAddress { get; init; } = "";

    /// <summary>proxyStatsMatcher: statistics that Prometheus gets beside Istio's own.</summary>
    public StatsInclusion ProxyStatsMatcher { get; init; } = StatsInclusion.None;

    /// <summary>Variables that count as if they stood in the environment.</summary>
    public IReadOnlyDictionary<string, string> ProxyMetadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The text as a structure, for the node's metadata; null when none was given.</summary>
    public Struct? Raw { get; init; }

    /// <summary>Reads the PROXY_CONFIG variable; null with a problem that names the field.</summary>
    public static ProxyConfig? Parse(string text, out string? problem)
    {
        problem = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return new ProxyConfig();
        }
        if (text.TrimStart()[0] != '{')
        {
            problem = "PROXY_CONFIG: only JSON is read; write {\"concurrency\": 2} in place of YAML";
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var config = new ProxyConfig { Raw = JsonParser.Default.Parse<Struct>(text) };
            foreach (var property in root.EnumerateObject())
            {
                config = Apply(config, property);
            }
            return config;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or IOException)
        {
            problem = $"PROXY_CONFIG: {e.Message}";
            return null;
        }
    }

    private static ProxyConfig Apply(ProxyConfig config, JsonProperty property) => property.Name switch
    {
        "discoveryAddress" => config with { DiscoveryAddress = property.Value.ToString() is { Length: > 0 } a ? a : config.DiscoveryAddress },
        "concurrency" => config with { Concurrency = Number(property) },
        "proxyAdminPort" => config with { ProxyAdminPort = Number(property) },
        "statusPort" => config with { StatusPort = Number(property) },
        "controlPlaneAuthPolicy" => config with { ControlPlaneAuthPolicy = property.Value.ToString() },
        "drainDuration" => config with { DrainDuration = Duration(property) },
        "terminationDrainDuration" => config with { TerminationDrainDuration = Duration(property) },
        "tracing" => config with { ZipkinAddress = Nested(property.Value, "zipkin", "address") },
        "proxyStatsMatcher" => config with { ProxyStatsMatcher = Inclusion(property.Value) },
        "proxyMetadata" => config with { ProxyMetadata = property.Value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString()) },
        _ => config,
    };

    private static string Nested(JsonElement value, string outer, string inner) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(outer, out var found) && found.ValueKind == JsonValueKind.Object
            && found.TryGetProperty(inner, out var text) ? text.ToString() : "";

    private static StatsInclusion Inclusion(JsonElement value)
    {
        string[] Texts(string name) => value.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(e => e.ToString())] : [];
        return new StatsInclusion(Texts("inclusionPrefixes"), Texts("inclusionSuffixes"), Texts("inclusionRegexps"));
    }

    private static int Number(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out var value) && value >= 0
            ? value
            : throw new FormatException($"{property.Name}: {property.Value} is not a whole number of 0 or more");

    private static TimeSpan Duration(JsonProperty property) =>
        property.Value.ToString() is { Length: > 1 } text && text[^1] == 's'
            && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"{property.Name}: {property.Value} is not a duration such as \"5s\"");
}
