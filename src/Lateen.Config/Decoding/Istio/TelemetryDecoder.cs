using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Telemetry;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a Telemetry (telemetry.istio.io).</summary>
internal static class TelemetryDecoder
{
    private static readonly ChoiceNames<WorkloadMode> Modes = Choices.Of<WorkloadMode>();
    private static readonly ChoiceNames<IstioMetric> Metrics = Choices.Of<IstioMetric>();
    private static readonly ChoiceNames<TagOperation> Operations = Choices.Of<TagOperation>();

    public static TelemetryConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var (selector, _) = PolicySelectorDecoder.Read(spec, meta.Namespace);
        return new TelemetryConfig
        {
            Meta = meta,
            Selector = selector,
            Tracing = spec["tracing"].Messages(ReadTracing),
            Metrics = spec["metrics"].Messages(ReadMetrics),
            AccessLogging = spec["accessLogging"].Messages(ReadAccessLogging),
        };
    }

    internal static SpanTag ReadTag(ObjectReader tag)
    {
        if (tag.OneOf("literal", "environment", "header") == 0)
        {
            tag.Problem("a tag without value", "give literal, environment or header");
        }

        string? literal = null;
        tag["literal"].Message(value =>
        {
            literal = value["value"].Required("give the tag's value");
            return value;
        });
        return new SpanTag
        {
            Literal = literal, Environment = tag["environment"].Message(ReadNamed), Header = tag["header"].Message(ReadNamed),
        };
    }

    private static NamedDefault ReadNamed(ObjectReader named) =>
        new(named["name"].Required("name it") ?? "", named["defaultValue"].Text() ?? "");

    private static TracingSettings ReadTracing(ObjectReader tracing)
    {
        var percentage = tracing["randomSamplingPercentage"].Number();
        if (percentage is < 0 or > 100)
        {
            tracing["randomSamplingPercentage"].Problem($"{percentage} is no percentage", "use 0 to 100");
        }

        var tags = new List<KeyValuePair<string, SpanTag>>();
        foreach (var (name, value) in tracing["customTags"].Entries())
        {
            if (name.Length == 0)
            {
                value.Problem("a tag without name");
            }

            if (value.Message(ReadTag) is { } tag)
            {
                tags.Add(new(name, tag));
            }
        }

        return new TracingSettings
        {
            Mode = Mode(tracing),
            Providers = Providers(tracing["providers"]),
            RandomSamplingPercentage = percentage,
            DisableSpanReporting = tracing["disableSpanReporting"].Boolean(),
            UseRequestIdForTraceSampling = tracing["useRequestIdForTraceSampling"].Boolean(),
            CustomTags = tags.ToEquatableMap(),
        };
    }

    private static MetricsSettings ReadMetrics(ObjectReader metrics) => new()
    {
        Providers = Providers(metrics["providers"]),
        Overrides = metrics["overrides"].Messages(ReadOverride),
        ReportingInterval = metrics["reportingInterval"].Milliseconds(),
    };

    private static MetricOverride ReadOverride(ObjectReader change)
    {
        var tags = new List<KeyValuePair<string, TagOverride>>();
        foreach (var (name, value) in change["tagOverrides"].Entries())
        {
            if (name.Length == 0)
            {
                value.Problem("a tag without name");
            }

            value.Message(tag =>
            {
                var operation = tag["operation"].Choice(Operations) ?? TagOperation.Upsert;
                var text = tag["value"].Text() ?? "";
                if (operation == TagOperation.Upsert && text.Length == 0)
                {
                    tag["value"].Problem("a value is needed to set a tag", "give a CEL expression, or operation: REMOVE");
                }
                else if (operation == TagOperation.Remove && text.Length > 0)
                {
                    tag["value"].Problem("a removed tag has no value", "remove value");
                }

                tags.Add(new(name, new TagOverride(operation, text)));
                return tag;
            });
        }

        return new MetricOverride
        {
            Match = change["match"].Message(ReadSelector),
            Disabled = change["disabled"].Boolean(),
            TagOverrides = tags.ToEquatableMap(),
        };
    }

    private static MetricSelector ReadSelector(ObjectReader match)
    {
        match.OneOf("metric", "customMetric");
        if (match["customMetric"].IsPresent)
        {
            match["customMetric"].Required("name the metric");
        }

        return new MetricSelector(
            match["metric"].Choice(Metrics), match["customMetric"].Text(), match["mode"].Choice(Modes) ?? WorkloadMode.Undefined);
    }

    private static AccessLoggingSettings ReadAccessLogging(ObjectReader logging)
    {
        string? expression = null;
        logging["filter"].Message(filter =>
        {
            expression = filter["expression"].Text();
            return filter;
        });
        return new AccessLoggingSettings
        {
            Mode = Mode(logging),
            Providers = Providers(logging["providers"]),
            Disabled = logging["disabled"].Boolean(),
            FilterExpression = expression,
        };
    }

    private static WorkloadMode? Mode(ObjectReader holder)
    {
        WorkloadMode? mode = null;
        holder["match"].Message(match =>
        {
            mode = match["mode"].Choice(Modes);
            return match;
        });
        return mode;
    }

    private static ImmutableArray<string> Providers(ValueReader field) =>
        field.List(item =>
        {
            string? name = null;
            item.Message(provider =>
            {
                name = provider["name"].Required("name a provider of MeshConfig.extensionProviders");
                return provider;
            });
            return name;
        });
}
