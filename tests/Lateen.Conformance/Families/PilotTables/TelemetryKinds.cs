using System.Globalization;
using System.Text.Json.Nodes;
using Envoy.Extensions.Filters.Http.Wasm.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Telemetry;
using Lateen.Translation;
using Lateen.Translation.Listeners;
using Lateen.Translation.Telemetries;
using Stats;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Telemetry resources: access logs, tracing, metrics.</summary>
internal static class TelemetryKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["telemetry-access-logging"] = AccessLogging,
        ["telemetry-access-log-format"] = c => KindChecks.Compare(
            (string)c.Expected!["expected"]!, AccessLogFormats.Text(c.Inputs.Select(i => i.Value).OfType<JsonValue>().Select(v => v.ToString()).FirstOrDefault() ?? "")),
        ["telemetry-access-log-text"] = c => Formatters(c, (string)c.Inputs["text"]!),
        ["telemetry-access-log-json"] = c => Formatters(c, c.Inputs["json"]!.ToJsonString()),
        ["telemetry-merge-metrics"] = MergeMetrics,
        ["telemetry-tracing"] = Tracing,
        ["telemetry-filters"] = Filters,
    };

    private static CaseResult AccessLogging(ConformanceCase c)
    {
        var context = Context(c, "accessLogging");
        var selection = AccessLogSelection.Of(context.Telemetry, context.Mesh, TelemetryFilters.SideOf(ClassOf(c)));
        var names = selection.IsConfigured
            ? new JsonArray([.. AccessLogs.Loggers(context, selection).Select(logger => (JsonNode)logger.Provider).OrderBy(name => (string)name!, StringComparer.Ordinal)])
            : null;
        return KindChecks.Compare(c.Expected!["want"], names);
    }

    private static CaseResult Formatters(ConformanceCase c, string format) =>
        Messages.Difference(c.Expected!["expected"], AccessLogFormats.Formatters(format), Envoy.Config.Core.V3.TypedExtensionConfig.Descriptor) is { } difference
            ? CaseResult.Failed(difference)
            : CaseResult.Passed;

    private static CaseResult MergeMetrics(ConformanceCase c)
    {
        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = c.Inputs["mesh"]?.DeepClone() });
        mesh.Add(JsonTree.From(new JsonObject
        {
            ["apiVersion"] = "telemetry.istio.io/v1alpha1",
            ["kind"] = "Telemetry",
            ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = "istio-system" },
            ["spec"] = new JsonObject { ["metrics"] = c.Inputs["metrics"]?.DeepClone() ?? new JsonArray() },
        }));
        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(null));
        var merged = MetricsSelection.Of(context.Telemetry.Levels.SelectMany(level => level.Metrics).ToEquatableArray(), context.Mesh);
        var actual = new JsonObject(merged.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)Json(m.Value))));
        return KindChecks.Compare(Bare(c.Expected!["expected"]), Bare(actual));
    }

    private static JsonObject Json(ProviderMetrics metrics)
    {
        var json = new JsonObject { ["clientMetrics"] = Json(metrics.Client), ["serverMetrics"] = Json(metrics.Server) };
        if (metrics.ReportingInterval is { } interval)
        {
            json["reportingInterval"] = $"{interval.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s";
        }

        return json;
    }

    private static JsonObject Json(MetricsOfSide side) => new()
    {
        ["disabled"] = side.IsDisabled,
        ["overrides"] = new JsonArray([.. side.Metrics.Select(metric => (JsonNode)new JsonObject
        {
            ["name"] = metric.Name,
            ["disabled"] = metric.IsDisabled,
            ["tags"] = new JsonArray([.. metric.Tags.Select(tag => (JsonNode)new JsonObject
            {
                ["name"] = tag.Name,
                ["remove"] = tag.Value is null,
                ["value"] = tag.Value ?? "",
            })]),
        })]),
    };

    /// <summary>The value without what has its default.</summary>
    private static JsonNode? Bare(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                var members = map.Select(m => KeyValuePair.Create(m.Key, Bare(m.Value)))
                    .Where(m => m.Value is not null && !(m.Value is JsonObject { Count: 0 } && m.Key is "clientMetrics" or "serverMetrics"));
                return new JsonObject(members.Where(m => m.Value is not JsonObject { Count: 0 } || m.Key is not ("clientMetrics" or "serverMetrics")));
            case JsonArray list:
                return list.Count == 0 ? null : new JsonArray([.. list.Select(Bare)]);
            case JsonValue scalar when scalar.ToString() is "false" or "" or "0":
                return null;
            default:
                return value?.DeepClone();
        }
    }

    private static CaseResult Tracing(ConformanceCase c)
    {
        var context = Context(c, "tracing");
        var client = TracingSelection.Of(context.Telemetry, context.Mesh, WorkloadMode.Client);
        var server = TracingSelection.Of(context.Telemetry, context.Mesh, WorkloadMode.Server);
        if (c.Expected!["want"] is not { } want)
        {
            return KindChecks.Compare(true, client is null);
        }

        return KindChecks.Compare(
            new JsonObject { ["client"] = Wanted(want["clientSpec"]), ["server"] = Wanted(want["serverSpec"]) },
            new JsonObject { ["client"] = Json(client), ["server"] = Json(server) });
    }

    private static JsonObject Wanted(JsonNode? spec) => Spec(
        (string?)spec?["provider"]?["name"] ?? "",
        (bool?)spec?["disabled"] ?? false,
        (double?)spec?["randomSamplingPercentage"],
        (spec?["customTags"] as JsonObject ?? []).Select(tag => tag.Key),
        (bool?)spec?["useRequestIDForTraceSampling"] ?? false);

    private static JsonObject Json(TracingSelection? spec) => Spec(
        spec?.Provider?.Name ?? "", spec?.IsDisabled ?? false, spec?.Sampling, spec?.Tags.Select(tag => tag.Key) ?? [], spec?.UsesRequestId ?? false);

    private static JsonObject Spec(string provider, bool disabled, double? sampling, IEnumerable<string> tags, bool usesRequestId) => new()
    {
        ["provider"] = provider,
        ["disabled"] = disabled,
        ["sampling"] = sampling,
        ["tags"] = new JsonArray([.. tags.Order(StringComparer.Ordinal).Select(tag => (JsonNode)tag)]),
        ["usesRequestId"] = usesRequestId,
    };

    private static CaseResult Filters(ConformanceCase c)
    {
        var actual = new JsonObject(TelemetryFilters.Configurations(Context(c, "metrics"), ClassOf(c)).Select(filter => KeyValuePair.Create(
            filter.Name, JsonNode.Parse(filter.Config.Is(PluginConfig.Descriptor)
                ? XdsJson.FormatWithProtoNames(filter.Config.Unpack<PluginConfig>())
                : filter.Config.Unpack<Wasm>().Config.Configuration.Unpack<StringValue>().Value))));
        var wanted = new JsonObject((c.Expected!["want"] as JsonObject ?? []).Select(f => KeyValuePair.Create(f.Key, JsonNode.Parse((string)f.Value!))));
        return KindChecks.Compare(wanted, actual);
    }

    private static ListenerClass ClassOf(ConformanceCase c) => (string?)c.Inputs["class"] switch
    {
        "ListenerClassSidecarInbound" => ListenerClass.SidecarInbound,
        "ListenerClassGateway" => ListenerClass.Gateway,
        _ => ListenerClass.SidecarOutbound,
    };

    /// <summary>The tables know one provider beside the standard ones, and name the defaults either by kind or for the kind that they are of.</summary>
    private static ProxyContext Context(ConformanceCase c, string kind)
    {
        var defaults = c.Inputs["defaultProviders"] switch
        {
            JsonArray names => new JsonObject { [kind] = names.DeepClone() },
            JsonObject kinds => (JsonObject)kinds.DeepClone(),
            _ => [],
        };
        var providers = new JsonArray(
            new JsonObject { ["name"] = "prometheus", ["prometheus"] = new JsonObject() },
            new JsonObject { ["name"] = "stackdriver", ["stackdriver"] = new JsonObject() },
            new JsonObject { ["name"] = "envoy", ["envoyFileAccessLog"] = new JsonObject { ["path"] = "/dev/stdout" } },
            new JsonObject
            {
                ["name"] = "envoy-json",
                ["envoyFileAccessLog"] = new JsonObject { ["path"] = "/dev/stdout", ["logFormat"] = new JsonObject { ["labels"] = new JsonObject() } },
            });
        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = new JsonObject { ["defaultProviders"] = defaults, ["extensionProviders"] = providers } });
        foreach (var config in c.Inputs["cfgs"] as JsonArray ?? [])
        {
            mesh.Add(JsonTree.From(config));
        }

        return new ProxyContext(mesh.Build(), CaseProxy.Read(c.Inputs["proxy"] as JsonObject));
    }
}
