using System.Text.Json.Nodes;
using Lateen.Injection.Config;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Pods;
using Lateen.Injection.Yaml;

namespace Lateen.Injection.Functions;

/// <summary>The functions that injection templates have beyond Go's and sprig's: annotations, ports, values as JSON and YAML.</summary>
internal static class InjectionFunctions
{
    /// <summary>All functions of an injection template; <paramref name="environment"/> answers <c>env</c>.</summary>
    public static FunctionTable Table(IReadOnlyDictionary<string, string> environment) => new(
        CoreFunctions.All,
        SprigFunctions.All,
        Own,
        [KeyValuePair.Create<string, TemplateFunction>("env", a => environment.GetValueOrDefault(Arguments.Text(a, 0)) ?? Arguments.Text(a, 1))]);

    private static Dictionary<string, TemplateFunction> Own => new()
    {
        ["valueOrDefault"] = a => a[0] is null or "" ? a[1] : a[0],
        ["isset"] = a => Arguments.Map(a, 0).ContainsKey(Arguments.Text(a, 1)),
        ["annotation"] = a => Annotation(a[0], Arguments.Text(a, 1)) ?? GoValue.Format(a[2] ?? ""),
        ["contains"] = a => Arguments.Text(a, 1).Contains(Arguments.Text(a, 0), StringComparison.Ordinal),
        ["toLower"] = a => Arguments.Text(a, 0).ToLowerInvariant(),
        ["toJSON"] = a => a[0] is null ? "{}" : GoJson.Write(Arguments.Json(a, 0)),
        ["fromJSON"] = a => SprigFunctions.ParseJson(Arguments.Text(a, 0)) as GoMap ?? throw new FunctionException("not a JSON object"),
        ["structToJSON"] = a => a[0] is null ? "{}" : GoJson.Write(Arguments.Json(a, 0)),
        ["protoToJSON"] = a => GoJson.Write(ProxyConfigDefaults.Without(Arguments.Json(a, 0) as JsonObject ?? [])),
        ["toYaml"] = a => YamlWriter.Write(Arguments.Json(a, 0)).TrimEnd('\n'),
        ["fromYaml"] = a => GoValue.FromJson(YamlReader.Read(Arguments.Text(a, 0))),
        ["indent"] = a => IndentRest(Arguments.Whole(a, 0), Arguments.Text(a, 1)),
        ["directory"] = a => Directory(Arguments.Text(a, 0)),
        ["formatDuration"] = a => Arguments.Text(a, 0),
        ["includeInboundPort"] = a => IncludePort(Arguments.Text(a, 0), Arguments.Text(a, 1)),
        ["includeInboundPorts"] = a => JoinPorts(Arguments.List(a, 0)),
        ["excludeInboundPort"] = a => IncludePort(Arguments.Text(a, 0), Arguments.Text(a, 1)),
        ["applicationPorts"] = a => JoinPorts(Arguments.List(a, 0)),
        ["kubevirtInterfaces"] = a => Arguments.Text(a, 0),
        ["excludeInterfaces"] = a => Arguments.Text(a, 0),
        ["appendMultusNetwork"] = a => MultusNetworks.Append(Arguments.Text(a, 0), Arguments.Text(a, 1)),
        ["strdict"] = a => a[0] is GoMap ? a[0] : new GoMap(a.Chunk(2).Select(pair =>
            KeyValuePair.Create(GoValue.Format(pair[0]), (object?)(pair.Length > 1 ? GoValue.Format(pair[1] ?? "") : "")))),
        ["toJsonMap"] = a => GoJson.Write(GoValue.ToJson(MergeMaps(a))),
        ["mergeMaps"] = a => MergeMaps(a),
        ["omitNil"] = a => new GoMap(Arguments.Map(a, 0).Where(entry => entry.Value is not null)),
    };

    private static string? Annotation(object? meta, string name) =>
        meta is IGoStruct shape && shape.TryGetField("Annotations", out var annotations) && annotations is GoMap map
        && map.TryGetValue(name, out var value) ? GoValue.Format(value) : null;

    private static GoMap MergeMaps(object?[] maps) =>
        new(maps.SelectMany((_, i) => Arguments.Map(maps, i)));

    /// <summary>A list of ports with one more; "" and "0" stand for none, and a port that is listed is not listed again.</summary>
    private static string IncludePort(string port, string list)
    {
        var ports = Split(list);
        port = port.Trim();
        return string.Join(',', port is "" or "0" || ports.Contains(port) ? ports : [.. ports, port]);
    }

    private static string JoinPorts(List<object?> containers) => string.Join(',', containers
        .OfType<IGoStruct>()
        .Select(container => container.ToJson() as JsonObject)
        .OfType<JsonObject>()
        .Where(container => PodParts.Name(container) != PodParts.Proxy)
        .SelectMany(ContainerPorts.Captured));

    private static List<string> Split(string list) =>
        [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    // The first line stands where the action stands; the others are moved under it.
    private static string IndentRest(long width, string text) =>
        text.Replace("\n", "\n" + new string(' ', (int)Math.Clamp(width, 0, 1000)), StringComparison.Ordinal);

    private static string Directory(string path)
    {
        var cut = path.LastIndexOf('/');
        return cut < 0 ? "." : cut == 0 ? "/" : path[..cut];
    }
}
