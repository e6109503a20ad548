using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Config.Manifests;

/// <summary>The WorkloadGroup of machines that run one workload outside of Kubernetes, as `x workload group create` writes it.</summary>
public sealed record WorkloadGroupManifest(string Name, string Namespace)
{
    /// <summary>`name=value` each.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>`name=value` each.</summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];

    /// <summary>`name=number` each.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    public string ServiceAccount { get; init; } = "default";

    /// <summary>The object, in the order in which it is written.</summary>
    /// <exception cref="FormatException">Name or namespace is missing, or an item is no pair; the message says which.</exception>
    public JsonObject ToJson()
    {
        if (Name.Length == 0)
        {
            throw new FormatException("expecting a workload name");
        }

        if (Namespace.Length == 0)
        {
            throw new FormatException("expecting a workload namespace");
        }

        var metadata = new JsonObject();
        Add(metadata, "annotations", Annotations, text => text);
        Add(metadata, "labels", Labels, text => text);
        var template = new JsonObject();
        Add(template, "ports", Ports, text => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw new FormatException($"\"{text}\" is no port: write name=number, 1 to 65535"));
        template["serviceAccount"] = ServiceAccount;
        return new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1alpha3",
            ["kind"] = "WorkloadGroup",
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace },
            ["spec"] = new JsonObject { ["metadata"] = metadata, ["template"] = template },
        };
    }

    private static void Add(JsonObject into, string field, IReadOnlyList<string> pairs, Func<string, JsonNode> read)
    {
        var entries = pairs.Where(pair => pair.Length > 0)
            .Select(pair => pair.Split('=', 2) is [{ Length: > 0 } name, var value]
                ? KeyValuePair.Create(name, (JsonNode?)read(value))
                : throw new FormatException($"\"{pair}\" of {field} is no name=value"))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .ToList();
        if (entries.Count > 0)
        {
            into[field] = new JsonObject(entries);
        }
    }
}
