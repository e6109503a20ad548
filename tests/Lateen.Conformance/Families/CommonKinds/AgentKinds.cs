using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Agent.Status;
using Lateen.Conformance.Families.PilotTables;
using Lateen.Proxy.Local;

namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>The agent's status server: the application's probes and metrics.</summary>
internal static class AgentKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["agent-prober-config"] = ProberConfig,
        ["agent-probe-headers"] = ProbeHeaders,
        ["agent-metrics-format"] = MetricsFormat,
    };

    private static CaseResult ProberConfig(ConformanceCase c)
    {
        var expected = (string?)c.Expected!["err"];
        try
        {
            AppProbe.ReadAll((string)c.Inputs["probe"]!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The text of a parser is its own; that of a rule is compared.
            return expected is not null && (e is not FormatException || e.Message.Contains(expected, StringComparison.Ordinal))
                ? CaseResult.Passed
                : CaseResult.Failed($"expected {expected ?? "no error"}, found {e.Message}");
        }

        return expected is null ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found no error");
    }

    /// <summary>The listed headers must be sent with just these values: of the table's keys some are lost in the corpus.</summary>
    private static CaseResult ProbeHeaders(ConformanceCase c)
    {
        var received = ((JsonObject)c.Inputs["originHeaders"]!)
            .SelectMany(header => KindChecks.Texts(header.Value).Select(value => KeyValuePair.Create(header.Key.ToLowerInvariant(), value)));
        var own = c.Inputs["proxyHeaders"]!.AsArray().Select(header => KeyValuePair.Create((string)header!["name"]!, (string)header["value"]!));
        using var probes = new AppProbes(new Dictionary<string, AppProbe>(), "127.0.0.1");
        using var get = probes.Get(
            new AppProbe("httpGet", "http", "/", 80, "", [.. own], TimeSpan.FromSeconds(1)),
            new LocalRequest("GET", "/app-health/a/livez", [.. received], default, new IPEndPoint(IPAddress.Loopback, 1)));
        return ((JsonObject)c.Expected!["want"]!)
            .Select(want => KindChecks.Compare(
                want.Value, get.Headers.TryGetValues(want.Key, out var values) ? new JsonArray([.. values.Select(v => JsonValue.Create(v))]) : null))
            .FirstOrDefault(result => result.Outcome == CaseOutcome.Failed, CaseResult.Passed);
    }

    private static CaseResult MetricsFormat(ConformanceCase c)
    {
        var expected = (string)c.Expected!["expected"]!;
        var wanted = expected.StartsWith("text/", StringComparison.Ordinal)
            ? expected
            : $"application/openmetrics-text; version={expected.Replace('_', '.')}; charset=utf-8";
        return KindChecks.Compare(wanted, MergedMetrics.Format((string)c.Inputs["contentType"]!));
    }
}
