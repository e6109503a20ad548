using Envoy.Config.Trace.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Model.Mesh;
using Lateen.Translation.Policies;
using EnvoyTracing = Envoy.Config.Trace.V3.Tracing;

namespace Lateen.Translation.Listeners;

/// <summary>The tracers of extension providers.</summary>
internal static class Tracers
{
    /// <summary>Sets the tracer of a provider; false, with a report, for one that keeps no traces or whose service is not known.</summary>
    public static bool Apply(ProxyContext context, HttpConnectionManager.Types.Tracing tracing, ExtensionProvider provider)
    {
        var found = provider is TracingProvider { Service: var service, Port: var port } ? ServiceClusters.Find(context, service, port) : null;
        if (provider is not TracingProvider tracer || found is not { } target)
        {
            foreach (var level in context.Telemetry.Levels.Where(level => level.Tracing.Any(entry => entry.Providers.Contains(provider.Name))))
            {
                context.Report(
                    level.Meta,
                    "spec.tracing[].providers[].name",
                    $"provider {provider.Name} {(provider is TracingProvider unknown ? $"names service {unknown.Service}, which is not known" : "keeps no traces")}; no spans are made",
                    "name a tracing provider of meshConfig.extensionProviders");
            }

            return false;
        }

        var (name, config) = Config(context, tracer, target.Host, target.Cluster);
        tracing.Provider = new EnvoyTracing.Types.Http { Name = name, TypedConfig = config.Pack() };
        tracing.MaxPathTagLength = tracer.MaxTagLength;
        if (tracer.Kind == TracerKind.Skywalking)
        {
            // Its spans of the upstream call are spans of their own.
            tracing.SpawnUpstreamSpan = true;
        }

        return true;
    }

    private static (string Name, IMessage Config) Config(ProxyContext context, TracingProvider tracer, string host, string cluster) => tracer.Kind switch
    {
        TracerKind.Zipkin => ("envoy.tracers.zipkin", new ZipkinConfig
        {
            CollectorCluster = cluster,
            CollectorEndpoint = "/api/v2/spans",
            CollectorEndpointVersion = ZipkinConfig.Types.CollectorEndpointVersion.HttpJson,
            CollectorHostname = host,
            TraceId128Bit = !tracer.Enable64BitTraceId,
            SharedSpanContext = false,
        }),
        TracerKind.Datadog => ("envoy.tracers.datadog", new DatadogConfig { CollectorCluster = cluster, ServiceName = context.Proxy.Cluster }),
        TracerKind.Skywalking => ("envoy.tracers.skywalking", new SkyWalkingConfig
        {
            GrpcService = new() { EnvoyGrpc = new() { ClusterName = cluster, Authority = host } },
            ClientConfig = new() { BackendToken = tracer.AccessToken, ServiceName = context.Proxy.Cluster, InstanceName = context.Proxy.Id },
        }),
        TracerKind.Opencensus => ("envoy.tracers.opencensus", new OpenCensusConfig
        {
            OcagentExporterEnabled = true,
            OcagentAddress = Naming.HostPort(host, tracer.Port),
        }),
        _ => ("envoy.tracers.opentelemetry", OpenTelemetry(context, tracer, host, cluster)),
    };

    /// <summary>OpenTelemetry, and Lightstep, which takes it with a token beside.</summary>
    private static OpenTelemetryConfig OpenTelemetry(ProxyContext context, TracingProvider tracer, string host, string cluster)
    {
        var config = new OpenTelemetryConfig
        {
            GrpcService = new() { EnvoyGrpc = new() { ClusterName = cluster, Authority = host } },
            ServiceName = context.Proxy.Cluster,
        };
        if (tracer.Kind == TracerKind.Lightstep)
        {
            config.GrpcService.InitialMetadata.Add(new Envoy.Config.Core.V3.HeaderValue { Key = "lightstep-access-token", Value = tracer.AccessToken });
        }

        return config;
    }
}
