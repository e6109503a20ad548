using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Telemetry;

namespace Lateen.Translation.Telemetries;

/// <summary>How the spans of one side are made.</summary>
internal sealed record TracingSelection
{
    /// <summary>Null where none is named or the named one is not known.</summary>
    public ExtensionProvider? Provider { get; init; }

    public bool IsDisabled { get; init; }

    /// <summary>Percent; null = the proxy's own.</summary>
    public double? Sampling { get; init; }

    public EquatableMap<string, SpanTag> Tags { get; init; } = EquatableMap<string, SpanTag>.Empty;

    /// <summary>The trace's decision is part of the request's id.</summary>
    public bool UsesRequestId { get; init; } = true;

    /// <summary>Null where nothing is said: the proxy's own tracing holds.</summary>
    public static TracingSelection? Of(EffectiveTelemetry telemetry, MeshConfig mesh, WorkloadMode side)
    {
        var entries = telemetry.Levels.SelectMany(level => level.Tracing).ToList();
        var defaults = mesh.DefaultProviders.Tracing;
        if (entries.Count == 0 && defaults.IsEmpty)
        {
            return null;
        }

        var result = new TracingSelection { Provider = defaults.IsEmpty ? null : Find(mesh, defaults[0]) };
        foreach (var entry in entries)
        {
            if (entry.Mode is WorkloadMode.Client or WorkloadMode.Server && entry.Mode != side)
            {
                continue;
            }

            result = result with
            {
                Provider = entry.Providers.IsEmpty ? result.Provider : Find(mesh, entry.Providers[0]),
                IsDisabled = entry.DisableSpanReporting ?? result.IsDisabled,
                Sampling = entry.RandomSamplingPercentage ?? result.Sampling,
                Tags = entry.CustomTags.Count > 0 ? entry.CustomTags : result.Tags,
                UsesRequestId = entry.UseRequestIdForTraceSampling ?? result.UsesRequestId,
            };
        }

        return result.Provider is null ? result with { IsDisabled = true } : result;
    }

    private static ExtensionProvider? Find(MeshConfig mesh, string name) =>
        mesh.ExtensionProviders.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));
}
