using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Status;

/// <summary>What one replica says of its own proxies, so that the one that writes status can count them all.</summary>
/// <param name="Proxies">How many are connected to it.</param>
/// <param name="Seen">By kind the highest resource version of its objects: it has told its proxies of all that is older.</param>
/// <param name="Behind">By object (`Kind/namespace/name`) how many have it; objects that all have are left out.</param>
/// <param name="IsWhole">Whether all that are behind are listed; else those that are not listed count as not applied.</param>
internal sealed record DistributionReport(
    int Proxies, ImmutableSortedDictionary<string, ulong> Seen, ImmutableSortedDictionary<string, int> Behind, bool IsWhole)
{
    /// <summary>More would make the object large; a replica that is so far behind is told as such all the same.</summary>
    public const int MaxBehind = 1000;

    /// <summary>Of a replica without proxies.</summary>
    public static DistributionReport Empty { get; } =
        new(0, ImmutableSortedDictionary.Create<string, ulong>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal), true);

    /// <summary>How many of the replica's proxies have an object.</summary>
    /// <param name="version">The resource version that the object had when its spec became what it is.</param>
    public DistributionCount Of(ResourceName name, ulong version) => new(
        Seen.GetValueOrDefault(name.Kind) < version ? 0
        : Behind.TryGetValue(Key(name), out var applied) ? applied
        : IsWhole ? Proxies : 0,
        Proxies);

    public static string Key(ResourceName name) => $"{name.Kind}/{name.Namespace}/{name.Name}";

    /// <summary>A resource version as a number (Kubernetes API concepts, "Resource versions": of one type they grow); 0 when it is none.</summary>
    public static ulong Version(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public string ToText() => new JsonObject
    {
        ["proxies"] = Proxies,
        ["seen"] = new JsonObject(Seen.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
        ["behind"] = new JsonObject(Behind.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
        ["isWhole"] = IsWhole,
    }.ToJsonString();

    /// <exception cref="FormatException">The text is no report.</exception>
    public static DistributionReport Parse(string text)
    {
        try
        {
            var report = JsonNode.Parse(text);
            return new DistributionReport(
                (int)(report.Number("proxies") ?? 0),
                report.Members("seen").ToImmutableSortedDictionary(entry => entry.Key, entry => (ulong)Math.Max(entry.Value, 0), StringComparer.Ordinal),
                report.Members("behind").ToImmutableSortedDictionary(entry => entry.Key, entry => (int)entry.Value, StringComparer.Ordinal),
                report.Flag("isWhole"));
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the report is not JSON: {exception.Message}", exception);
        }
    }
}

file static class ReportFields
{
    public static IEnumerable<(string Key, long Value)> Members(this JsonNode? report, string name) =>
        report.At(name) is JsonObject members ? members.Select(member => (member.Key, report.Number(name, member.Key) ?? 0)) : [];
}
