using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Trace.V3;
using Envoy.Type.Tracing.V3;
using Lateen.Api;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Export;
using Percent = Envoy.Type.V3.Percent;
using Settings = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types.Tracing;

namespace Lateen.Proxy.Tracing;

/// <summary>HttpConnectionManager.tracing to <see cref="TracingConfig"/>; without a provider, to the bootstrap's Zipkin if there is one.</summary>
internal static class TracingCompiler
{
    /// <summary>Null when nothing would take the spans.</summary>
    public static TracingConfig? Compile(CompileScope scope, Settings settings, bool startsChildSpan, string path)
    {
        (ExportQueue<SpanRecord>? queue, bool w3c, bool is128, string service) = Provider(scope, settings.Provider, path + ".provider.typed_config");
        return queue is null ? null : new TracingConfig
        {
            ClientShare = Share(settings.ClientSampling),
            RandomShare = Share(settings.RandomSampling),
            OverallShare = Share(settings.OverallSampling),
            IsEgress = scope.Direction == TrafficDirection.Outbound,
            SpansUpstream = settings.SpawnUpstreamSpan ?? startsChildSpan,
            MaximumPathLength = (int)Math.Min(settings.MaxPathTagLength ?? 256, 8192),
            CustomTags = [.. settings.CustomTags.Select(Tag).OfType<(string, LogValue, string)>()],
            WritesB3 = !w3c,
            WritesW3C = w3c,
            Is128 = is128,
            ServiceName = service,
            Queue = queue,
        };
    }

    private static (ExportQueue<SpanRecord>? Queue, bool W3C, bool Is128, string Service) Provider(
        CompileScope scope, Envoy.Config.Trace.V3.Tracing.Types.Http? provider, string path)
    {
        string service = scope.Host.Node.Cluster;
        switch (TypeUrls.MessageName(provider?.TypedConfig?.TypeUrl ?? ""))
        {
            case "":
                return (scope.Host.Exporters.DefaultZipkin(), false, true, service);
            case "envoy.config.trace.v3.ZipkinConfig":
                ZipkinConfig zipkin = scope.Unpack(provider!.TypedConfig, ZipkinConfig.Parser, path) ?? new ZipkinConfig();
                ExportTarget collector = ExportTarget.Of(
                    scope.Host, zipkin.CollectorCluster, zipkin.CollectorHostname, zipkin.CollectorEndpoint);
                return (scope.Host.Exporters.Zipkin(zipkin.CollectorCluster, collector), false, zipkin.TraceId128Bit, service);
            case "envoy.config.trace.v3.OpenTelemetryConfig":
                OpenTelemetryConfig otel = scope.Unpack(provider!.TypedConfig, OpenTelemetryConfig.Parser, path) ?? new OpenTelemetryConfig();
                return (OpenTelemetry(scope, otel, path), true, true, otel.ServiceName.Length > 0 ? otel.ServiceName : service);
            default:
                scope.Host.NotYet($"tracing provider {provider!.Name}: its spans are not made");
                return default;
        }
    }

    private static ExportQueue<SpanRecord>? OpenTelemetry(CompileScope scope, OpenTelemetryConfig config, string path)
    {
        if (config.GrpcService?.EnvoyGrpc is { } grpc)
        {
            return scope.Host.Exporters.OtlpSpansByGrpc(
                grpc.ClusterName, ExportTarget.Of(scope.Host, grpc.ClusterName, grpc.Authority, OtlpSpans.GrpcPath));
        }
        if (config.HttpService?.HttpUri is { } http && Uri.TryCreate(http.Uri, UriKind.Absolute, out Uri? uri))
        {
            return scope.Host.Exporters.OtlpSpansByHttp(http.Cluster, ExportTarget.Of(scope.Host, http.Cluster, uri.Authority, uri.AbsolutePath));
        }
        scope.Refuse(path, "grpc_service.envoy_grpc or http_service.http_uri must be set");
        return null;
    }

    // Absent is everything (Envoy: 100 %).
    private static int Share(Percent? percent) => percent is null ? 10_000 : (int)Math.Round(percent.Value * 100);

    private static (string, LogValue, string)? Tag(CustomTag tag)
    {
        switch (tag.TypeCase)
        {
            case CustomTag.TypeOneofCase.Literal:
                return (tag.Tag, Fixed(tag.Literal.Value), "");
            case CustomTag.TypeOneofCase.Environment:
                return (tag.Tag, LogOperators.Parse($"ENVIRONMENT({tag.Environment.Name})", out _)!.Write, tag.Environment.DefaultValue);
            case CustomTag.TypeOneofCase.RequestHeader:
                return (tag.Tag, LogOperators.Parse($"REQ({tag.RequestHeader.Name})", out _)!.Write, tag.RequestHeader.DefaultValue);
            case CustomTag.TypeOneofCase.Metadata:
                string kind = tag.Metadata.Kind?.KindCase.ToString().ToUpperInvariant() ?? "";
                string keys = string.Join(':', tag.Metadata.MetadataKey.Path.Select(p => p.Key).Prepend(tag.Metadata.MetadataKey.Key));
                return (tag.Tag, LogOperators.Parse($"METADATA({kind}:{keys})", out _)!.Write, tag.Metadata.DefaultValue);
            default:
                return null;
        }
    }

    private static LogValue Fixed(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return (ref LogWriter writer, StreamInfo _, Workers.ProxyWorker _) => writer.Put(bytes);
    }
}
