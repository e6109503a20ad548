using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;

namespace Lateen.Conformance.Families;

/// <summary>Family iptables: arguments and environment in, commands or restore input out, compared text by text.</summary>
public sealed class Iptables : IConformanceFamily
{
    /// <inheritdoc/>
    public string Name => "iptables";

    /// <inheritdoc/>
    public CaseResult Run(ConformanceCase conformanceCase)
    {
        ArgumentNullException.ThrowIfNull(conformanceCase);
        JsonObject settings = conformanceCase.Settings;
        JsonNode expected = conformanceCase.Expected ?? new JsonObject();
        JsonObject? pod = settings["pod"] as JsonObject;
        BoundOptions bound = Bind(settings, pod);
        if (expected["accepted"] is { } accepted)
        {
            bool wanted = (bool)accepted;
            return bound.Problems.IsEmpty == wanted ? CaseResult.Passed : CaseResult.Failed($"accepted: expected {wanted}; problems: {string.Join(" | ", bound.Problems)}");
        }

        if (!bound.Problems.IsEmpty)
        {
            return CaseResult.Failed("options refused: " + string.Join(" | ", bound.Problems));
        }

        HostFacts host = Host(settings);
        if (expected["restore"] is { } restore)
        {
            string actual = string.Concat(InterceptionRuleBuilder.Build(bound.Interception, host).Sets.Select(RestoreRenderer.Render));
            return CompareTables(conformanceCase.Text(restore)!, actual);
        }

        if (expected["commands"] is { } commands)
        {
            bool clean = (string?)settings["command"] == "istio-clean-iptables";
            IEnumerable<IReadOnlyList<string>> actual = clean
                ? CleanCommandRenderer.Commands(bound.Interception, host)
                : CommandRenderer.Commands(InterceptionRuleBuilder.Build(bound.Interception, host));
            return CompareLines(conformanceCase.Text(commands)!.TrimEnd('\n').Split('\n'), [.. actual.Select(c => string.Join(' ', c))]);
        }

        return CaseResult.Failed($"nothing known is expected: {expected.ToJsonString()}");
    }

    private static BoundOptions Bind(JsonObject settings, JsonObject? pod)
    {
        IReadOnlyList<string> arguments = pod is null
            ? [.. (settings["args"] as JsonArray ?? []).Select(a => (string)a!)]
            : PodArguments.ForPod(Strings(pod["annotations"]), Strings(pod["proxyEnvironment"]), (long?)pod["proxyUID"], (long?)pod["proxyGID"]);
        return OptionBinder.Bind(OptionValues.Read(arguments, Strings(settings["env"])), _ => null);
    }

    private static HostFacts Host(JsonObject settings)
    {
        string[] servers = [.. (settings["resolvConfNameservers"] as JsonArray ?? []).Select(s => (string)s!)];
        bool v6 = (bool?)settings["hostIPv6"] ?? false;
        return new HostFacts
        {
            HasIpv4 = !v6,
            HasIpv6 = v6,
            DnsServersV4 = [.. servers.Where(s => IPAddress.Parse(s).AddressFamily == AddressFamily.InterNetwork)],
            DnsServersV6 = [.. servers.Where(s => IPAddress.Parse(s).AddressFamily == AddressFamily.InterNetworkV6)],
        };
    }

    private static Dictionary<string, string> Strings(JsonNode? node) =>
        (node as JsonObject ?? []).ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "", StringComparer.Ordinal);

    /// <summary>Order inside a table counts, order of tables does not.</summary>
    private static CaseResult CompareTables(string expected, string actual)
    {
        var wanted = Tables(expected);
        var found = Tables(actual);
        if (wanted.Keys.Except(found.Keys).Concat(found.Keys.Except(wanted.Keys)).FirstOrDefault() is { } name)
        {
            return CaseResult.Failed($"table {name} is only in {(wanted.ContainsKey(name) ? "the expected" : "our")} input");
        }

        return wanted.Select(t => CompareLines(t.Value, found[t.Key], t.Key)).FirstOrDefault(r => r.Outcome == CaseOutcome.Failed) ?? CaseResult.Passed;
    }

    private static Dictionary<string, string[]> Tables(string restore) => restore
        .Split("COMMIT", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(t => t.Split('\n', StringSplitOptions.TrimEntries))
        .GroupBy(t => t[0].TrimStart('*', ' '), t => t[1..])
        .ToDictionary(g => g.Key, g => g.SelectMany(lines => lines).ToArray());

    private static CaseResult CompareLines(string[] expected, string[] actual, string where = "command")
    {
        for (int i = 0; i < Math.Max(expected.Length, actual.Length); i++)
        {
            string wanted = i < expected.Length ? expected[i] : "(nothing)";
            string found = i < actual.Length ? actual[i] : "(nothing)";
            if (wanted != found)
            {
                return CaseResult.Failed($"{where} {i + 1}: expected \"{wanted}\", found \"{found}\"");
            }
        }

        return CaseResult.Passed;
    }
}
