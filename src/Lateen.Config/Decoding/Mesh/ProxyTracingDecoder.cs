using Lateen.Config.Decoding.Istio;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Telemetry;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads the tracing of mesh.v1alpha1.ProxyConfig.</summary>
internal static class ProxyTracingDecoder
{
    private static readonly (string Field, ProxyTracerKind Kind)[] Tracers =
    [
        ("zipkin", ProxyTracerKind.Zipkin), ("lightstep", ProxyTracerKind.Lightstep), ("datadog", ProxyTracerKind.Datadog),
        ("stackdriver", ProxyTracerKind.Stackdriver), ("openCensusAgent", ProxyTracerKind.OpenCensusAgent),
    ];

    public static ProxyTracing Read(ObjectReader tracing)
    {
        tracing.IgnoreRest();
        tracing.OneOf([.. Tracers.Select(tracer => tracer.Field)]);

        // Settings without a tracer are laid over the mesh's own, which is Zipkin unless it was said otherwise.
        var result = ProxyConfig.Default.Tracing! with
        {
            CustomTags = Tags(tracing["customTags"]),
            MaxPathTagLength = tracing["maxPathTagLength"].Unsigned32() ?? 0,
            Sampling = Percentage(tracing["sampling"]) ?? 0,
            TlsSettings = tracing["tlsSettings"].Message(TrafficPolicyDecoder.ReadTls),
        };
        foreach (var (field, kind) in Tracers)
        {
            tracing[field].Message(tracer =>
            {
                tracer.IgnoreRest();
                result = result with
                {
                    Kind = kind,
                    Address = tracer["address"].Text() ?? "",
                    AccessToken = tracer["accessToken"].Text() ?? "",
                    Context = tracer["context"].Texts(),
                    StackdriverDebug = tracer["debug"].Boolean() ?? false,
                };
                return tracer;
            });
        }

        return result;
    }

    private static double? Percentage(ValueReader field)
    {
        var value = field.Number();
        if (value is < 0 or > 100)
        {
            field.Problem($"{value} is no percentage", "use 0 to 100");
        }

        return value;
    }

    private static EquatableMap<string, SpanTag> Tags(ValueReader field)
    {
        var tags = new List<KeyValuePair<string, SpanTag>>();
        foreach (var (name, value) in field.Entries())
        {
            if (value.Message(TelemetryDecoder.ReadTag) is { } tag)
            {
                tags.Add(new(name, tag));
            }
        }

        return tags.ToEquatableMap();
    }
}
