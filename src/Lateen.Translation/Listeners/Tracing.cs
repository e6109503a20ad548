using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Type.Tracing.V3;
using Lateen.Model;
using Lateen.Model.Telemetry;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Listeners;

/// <summary>The tracing of connection managers: by Telemetry, else as the proxy's own configuration says.</summary>
internal static class Tracing
{
    private const string RbacMetadata = "envoy.filters.http.rbac";

    public static HttpConnectionManager.Types.Tracing? Build(ProxyContext context, TrafficDirection direction)
    {
        var own = context.ProxyConfig.Tracing;
        var selection = TracingSelection.Of(context.Telemetry, context.Mesh, TelemetryFilters.SideOf(ListenerClasses.Of(context, direction)));
        if (selection is null ? !context.Mesh.EnableTracing : selection.IsDisabled)
        {
            return null;
        }

        var tracing = new HttpConnectionManager.Types.Tracing();
        if (selection is not null && !Tracers.Apply(context, tracing, selection.Provider!))
        {
            return null;
        }

        tracing.ClientSampling = new() { Value = 100 };
        tracing.RandomSampling = new() { Value = Math.Clamp(selection?.Sampling ?? (own is { Sampling: > 0 } ? own.Sampling : context.Settings.TraceSampling), 0, 100) };
        tracing.OverallSampling = new() { Value = 100 };
        if (tracing.MaxPathTagLength is null && own is { MaxPathTagLength: > 0 })
        {
            tracing.MaxPathTagLength = own.MaxPathTagLength;
        }

        var custom = selection is { Tags.Count: > 0 } ? selection.Tags : own?.CustomTags ?? EquatableMap<string, SpanTag>.Empty;
        tracing.CustomTags.AddRange(DryRunTags().Concat(WorkloadTags(context)).Concat(custom.Select(tag => Custom(tag.Key, tag.Value)))
            .OrderBy(tag => tag.Tag, StringComparer.Ordinal));
        return tracing;
    }

    /// <summary>What access rules on trial would have done.</summary>
    private static IEnumerable<CustomTag> DryRunTags()
    {
        foreach (var action in (string[])["allow", "deny"])
        {
            yield return Metadata($"istio.authorization.dry_run.{action}_policy.name", $"istio_dry_run_{action}_shadow_effective_policy_id");
            yield return Metadata($"istio.authorization.dry_run.{action}_policy.result", $"istio_dry_run_{action}_shadow_engine_result");
        }
    }

    private static IEnumerable<CustomTag> WorkloadTags(ProxyContext context)
    {
        var labels = context.Proxy.Labels;
        yield return Literal("istio.canonical_revision", labels.Find("service.istio.io/canonical-revision") ?? "latest");
        yield return Literal("istio.canonical_service", labels.Find("service.istio.io/canonical-name") ?? "unknown");
        yield return Literal("istio.mesh_id", context.Proxy.Metadata.Find("MESH_ID") is { Length: > 0 } mesh ? mesh : "unknown");
        yield return Literal("istio.namespace", context.Proxy.Namespace.Length > 0 ? context.Proxy.Namespace : "default");
    }

    private static CustomTag Custom(string name, SpanTag tag)
    {
        if (tag.Environment is { } environment)
        {
            return new() { Tag = name, Environment = new() { Name = environment.Name, DefaultValue = environment.DefaultValue } };
        }

        return tag.Header is { } header
            ? new() { Tag = name, RequestHeader = new() { Name = header.Name, DefaultValue = header.DefaultValue } }
            : Literal(name, tag.Literal ?? "");
    }

    private static CustomTag Literal(string name, string value) => new() { Tag = name, Literal = new() { Value = value } };

    private static CustomTag Metadata(string name, string key) => new()
    {
        Tag = name,
        Metadata = new()
        {
            Kind = new() { Request = new() },
            MetadataKey = new() { Key = RbacMetadata, Path = { new Envoy.Type.Metadata.V3.MetadataKey.Types.PathSegment { Key = key } } },
        },
    };
}
