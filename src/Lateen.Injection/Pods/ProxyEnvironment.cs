using System.Text.Json.Nodes;

namespace Lateen.Injection.Pods;

/// <summary>The environment of a container as the list that a pod holds.</summary>
internal static class ProxyEnvironment
{
    public static JsonArray Of(JsonObject container)
    {
        if (container["env"] is not JsonArray)
        {
            container["env"] = new JsonArray();
        }

        return container["env"]!.AsArray();
    }

    public static string? Read(JsonObject container, string name) => PodParts.Text(Entries(container, name).FirstOrDefault()?["value"]);

    public static void Append(JsonObject container, string name, string value) =>
        Of(container).Add((JsonNode)new JsonObject { ["name"] = name, ["value"] = value });

    /// <summary>Gives the first entry of the name, which must be there, another value in its place.</summary>
    public static void Set(JsonObject container, string name, string value) => Entries(container, name).First()["value"] = value;

    /// <summary>Takes every entry of the name away and adds one at the end.</summary>
    public static void Replace(JsonObject container, string name, string value)
    {
        foreach (var entry in Entries(container, name).ToList())
        {
            Of(container).Remove(entry);
        }

        Append(container, name, value);
    }

    private static IEnumerable<JsonObject> Entries(JsonObject container, string name) =>
        (container["env"] as JsonArray ?? []).OfType<JsonObject>().Where(entry => PodParts.Name(entry) == name);
}
