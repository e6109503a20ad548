using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>Builds a container's variables: services, envFrom, env, in this order, later ones win.</summary>
/// <param name="Fields">What the pod may learn about itself.</param>
/// <param name="ConfigMap">Finds a ConfigMap of the pod's namespace.</param>
/// <param name="Secret">Finds a Secret of the pod's namespace.</param>
internal sealed record EnvironmentBuilder(PodFields Fields, Func<string, JsonObject?> ConfigMap, Func<string, JsonObject?> Secret)
{
    private const string Refused = "CreateContainerConfigError";

    /// <summary>The variables.</summary>
    /// <param name="initial">What the image and the services give.</param>
    /// <exception cref="NotReadyYetException">A ConfigMap, Secret or key is missing.</exception>
    public IReadOnlyList<KeyValuePair<string, string>> Build(JsonObject container, IEnumerable<KeyValuePair<string, string>> initial)
    {
        List<string> order = [];
        Dictionary<string, string> values = [];
        foreach ((string name, string value) in initial)
        {
            Set(name, value);
        }

        foreach (JsonObject source in container.Items("envFrom"))
        {
            foreach ((string name, string value) in From(source))
            {
                Set(source.Text("prefix") + name, value);
            }
        }

        foreach (JsonObject variable in container.Items("env"))
        {
            string? value = variable["valueFrom"] is JsonObject source
                ? ValueFrom(source, container)
                : Expand(variable.Text("value"), values);
            if (value is not null)
            {
                Set(variable.Text("name"), value);
            }
        }

        return [.. order.Select(name => KeyValuePair.Create(name, values[name]))];

        void Set(string name, string value)
        {
            if (!values.ContainsKey(name))
            {
                order.Add(name);
            }

            values[name] = value;
        }
    }

    /// <summary>Replaces $(NAME) by the variable; $$ stands for one $; an unknown name stays as it is.</summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> values)
    {
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            int end = text[i] == '$' && i + 1 < text.Length && text[i + 1] == '(' ? text.IndexOf(')', i) : -1;
            if (end > 0 && values.TryGetValue(text[(i + 2)..end], out string? value))
            {
                result.Append(value);
                i = end;
                continue;
            }

            result.Append(text[i]);
        }

        return result.ToString();
    }

    private IEnumerable<KeyValuePair<string, string>> From(JsonObject source)
    {
        if (source["configMapRef"] is JsonObject map)
        {
            return Require(ConfigMap(map.Text("name")), "configmap", map).Pairs("data");
        }

        return source["secretRef"] is JsonObject secret
            ? Require(Secret(secret.Text("name")), "secret", secret).Pairs("data").Select(pair => KeyValuePair.Create(pair.Key, Decode(pair.Value)))
            : [];
    }

    private string? ValueFrom(JsonObject source, JsonObject container)
    {
        if (source["fieldRef"] is JsonObject field)
        {
            return Fields.Field(field.Text("fieldPath"))
                ?? throw new NotReadyYetException(Refused, $"unsupported fieldPath: {field.Text("fieldPath")}");
        }

        if (source["resourceFieldRef"] is JsonObject resource)
        {
            return Fields.Resource(resource, container)
                ?? throw new NotReadyYetException(Refused, $"unsupported container resource: {resource.Text("resource")}");
        }

        if (source["configMapKeyRef"] is JsonObject map)
        {
            return Key(Require(ConfigMap(map.Text("name")), "configmap", map), "ConfigMap", map);
        }

        return source["secretKeyRef"] is JsonObject secret
            && Key(Require(Secret(secret.Text("name")), "secret", secret), "Secret", secret) is { } encoded ? Decode(encoded) : null;
    }

    private static JsonObject? Require(JsonObject? found, string kind, JsonObject reference) =>
        found is null && !reference.Flag("optional")
            ? throw new NotReadyYetException(Refused, $"{kind} \"{reference.Text("name")}\" not found")
            : found;

    private string? Key(JsonObject? found, string kind, JsonObject reference)
    {
        string key = reference.Text("key");
        if (found.At("data", key) is { } value)
        {
            return value.Text();
        }

        return reference.Flag("optional")
            ? null
            : throw new NotReadyYetException(
                Refused, string.Create(CultureInfo.InvariantCulture, $"couldn't find key {key} in {kind} {Fields.Pod.Namespace()}/{reference.Text("name")}"));
    }

    private static string Decode(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));
}
