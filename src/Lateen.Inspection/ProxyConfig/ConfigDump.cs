using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>A proxy's <c>/config_dump</c> answer, read section by section.</summary>
/// <remarks>Field names may be spelled as in the .proto files (Envoy's admin) or in lowerCamelCase; both read alike.</remarks>
public sealed class ConfigDump
{
    private const string TypePrefix = "type.googleapis.com/envoy.admin.v3.";
    private readonly JsonArray _sections;

    private ConfigDump(JsonArray sections) => _sections = sections;

    /// <summary>Parses the answer's text.</summary>
    /// <exception cref="InvalidDataException">The text is not a config dump.</exception>
    public static ConfigDump Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject root && (root["configs"] ?? new JsonArray()) is JsonArray sections
                ? new ConfigDump(sections)
                : throw new InvalidDataException("error unmarshalling config dump response from Envoy: not an object with configs");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"error unmarshalling config dump response from Envoy: {e.Message}", e);
        }
    }

    /// <summary>The clusters: dynamic active ones, then static ones.</summary>
    public IReadOnlyList<JsonObject> Clusters()
    {
        JsonObject section = Section("ClustersConfigDump");
        return Found("clusters", [.. Each(section, "dynamicActiveClusters", "cluster"), .. Each(section, "staticClusters", "cluster")]);
    }

    /// <summary>The listeners: dynamic active ones, then static ones.</summary>
    public IReadOnlyList<JsonObject> Listeners()
    {
        JsonObject section = Section("ListenersConfigDump");
        IEnumerable<JsonObject> active = section.Objects("dynamicListeners")
            .Select(item => item.Object("activeState")?.Object("listener")).OfType<JsonObject>();
        return Found("listeners", [.. active, .. Each(section, "staticListeners", "listener")]);
    }

    /// <summary>The route configurations: dynamic ones, then those written inside listeners.</summary>
    public IReadOnlyList<JsonObject> Routes()
    {
        JsonObject section = Section("RoutesConfigDump");
        return Found("routes", [.. Each(section, "dynamicRouteConfigs", "routeConfig"), .. Each(section, "staticRouteConfigs", "routeConfig")]);
    }

    /// <summary>The secrets of SDS: those that are waited for, then those in use, each with its state.</summary>
    public IReadOnlyList<(JsonObject Entry, bool IsWarming)> Secrets()
    {
        JsonObject section = Section("SecretsConfigDump");
        return [.. section.Objects("dynamicWarmingSecrets").Select(entry => (entry, true)), .. section.Objects("dynamicActiveSecrets").Select(entry => (entry, false))];
    }

    /// <summary>The filters' configurations that came by ECDS.</summary>
    public IReadOnlyList<JsonObject> ExtensionConfigs() => [.. Each(Section("EcdsConfigDump"), "ecdsFilters", "ecdsFilter")];

    /// <summary>The load assignments: dynamic ones, then static ones.</summary>
    /// <exception cref="InvalidDataException">The dump was made without its endpoints.</exception>
    public IReadOnlyList<JsonObject> Assignments()
    {
        try
        {
            JsonObject section = Section("EndpointsConfigDump");
            return [.. Each(section, "dynamicEndpointConfigs", "endpointConfig"), .. Each(section, "staticEndpointConfigs", "endpointConfig")];
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"endpoints not found (was include_eds=true used?): {e.Message}", e);
        }
    }

    /// <summary>The node of the bootstrap.</summary>
    public JsonObject Node() => Section("BootstrapConfigDump").Object("bootstrap")?.Object("node") ?? [];

    /// <summary>A whole section as protobuf JSON, without its type.</summary>
    /// <param name="type">`BootstrapConfigDump`, `SecretsConfigDump`, …</param>
    public string Print(string type)
    {
        JsonObject section = (JsonObject)Section(type).DeepClone();
        section.Remove("@type");
        return ProtoJson.Print(section);
    }

    private static List<JsonObject> Found(string what, List<JsonObject> items) =>
        items.Count > 0 ? items : throw new InvalidDataException($"no {what} found");

    private static IEnumerable<JsonObject> Each(JsonObject section, string list, string field) =>
        section.Objects(list).Select(item => item.Object(field)).OfType<JsonObject>();

    private JsonObject Section(string type) =>
        _sections.OfType<JsonObject>().FirstOrDefault(s => (string?)s["@type"] == TypePrefix + type)
        ?? throw new InvalidDataException($"config dump has no configuration type {TypePrefix}{type}");
}
