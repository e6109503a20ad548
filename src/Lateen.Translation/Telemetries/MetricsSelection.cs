using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Telemetry;

namespace Lateen.Translation.Telemetries;

/// <summary>The metrics of one provider after all overrides.</summary>
/// <param name="ReportingInterval">How often open TCP connections are reported; null = the default.</param>
internal sealed record ProviderMetrics(MetricsOfSide Client, MetricsOfSide Server, TimeSpan? ReportingInterval)
{
    public MetricsOfSide Of(WorkloadMode side) => side == WorkloadMode.Server ? Server : Client;
}

/// <summary>The metrics of one side.</summary>
/// <param name="IsDisabled">No metric at all.</param>
/// <param name="Metrics">By metric: changes, in the order of names.</param>
internal sealed record MetricsOfSide(bool IsDisabled, EquatableArray<ChangedMetric> Metrics);

/// <summary>A metric with its changes.</summary>
/// <param name="Name">Of the API (`REQUEST_COUNT`), or a custom one.</param>
internal sealed record ChangedMetric(string Name, bool IsDisabled, EquatableArray<ChangedTag> Tags);

/// <summary>A tag that is taken away (<paramref name="Value"/> is null) or given a CEL expression.</summary>
internal sealed record ChangedTag(string Name, string? Value);

/// <summary>Merges the metrics settings that hold for a workload, by provider.</summary>
internal static class MetricsSelection
{
    private static readonly WorkloadMode[] Sides = [WorkloadMode.Client, WorkloadMode.Server];

    /// <summary>All of the API's metrics by their names, sorted.</summary>
    private static readonly string[] AllNames = [.. Enum.GetValues<IstioMetric>().Where(m => m != IstioMetric.AllMetrics).Select(NameOf).Order(StringComparer.Ordinal)];

    public static IReadOnlyDictionary<string, ProviderMetrics> Of(EquatableArray<MetricsSettings> settings, MeshConfig mesh)
    {
        var defaults = mesh.DefaultProviders.Metrics;
        if (settings.IsEmpty)
        {
            return defaults.ToDictionary(name => name, _ => new ProviderDraft().Build());
        }

        EquatableArray<string> scope = settings.LastOrDefault(s => !s.Providers.IsEmpty)?.Providers ?? defaults;
        var drafts = new Dictionary<string, ProviderDraft>();
        var inherited = defaults;
        foreach (var setting in settings)
        {
            var providers = setting.Providers.IsEmpty ? inherited : setting.Providers;
            inherited = providers;
            foreach (var provider in providers.Where(scope.Contains))
            {
                if (!drafts.TryGetValue(provider, out var draft))
                {
                    drafts[provider] = draft = new();
                }

                draft.Apply(setting);
            }
        }

        return drafts.ToDictionary(d => d.Key, d => d.Value.Build());
    }

    /// <summary>`RequestCount` as the API writes it: `REQUEST_COUNT`.</summary>
    public static string NameOf(IstioMetric metric)
    {
        var text = new System.Text.StringBuilder();
        foreach (var c in metric.ToString())
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(c));
        }

        return text.ToString();
    }

    private sealed class ProviderDraft
    {
        private readonly Dictionary<WorkloadMode, SideDraft> _sides = Sides.ToDictionary(side => side, _ => new SideDraft());
        private TimeSpan? _interval;

        public void Apply(MetricsSettings setting)
        {
            _interval = setting.ReportingInterval ?? _interval;
            foreach (var change in setting.Overrides)
            {
                foreach (var side in Sides)
                {
                    if (change.Match is null or { Mode: not (WorkloadMode.Client or WorkloadMode.Server) } || change.Match.Mode == side)
                    {
                        _sides[side].Apply(change);
                    }
                }
            }
        }

        public ProviderMetrics Build() => new(_sides[WorkloadMode.Client].Build(), _sides[WorkloadMode.Server].Build(), _interval);
    }

    private sealed class SideDraft
    {
        private readonly SortedDictionary<string, MetricDraft> _metrics = new(StringComparer.Ordinal);
        private bool _isDisabled;

        public void Apply(MetricOverride change)
        {
            var isAll = change.Match?.Metric == IstioMetric.AllMetrics;
            if (isAll && change.Disabled == true)
            {
                // Everything off: what was changed before does not matter any more.
                _isDisabled = true;
                return;
            }

            _isDisabled = false;
            var names = change.Match switch
            {
                { CustomMetric: { } custom } => [custom],
                { Metric: { } metric } when !isAll => [NameOf(metric)],
                _ => AllNames,
            };
            foreach (var name in names)
            {
                if (!_metrics.TryGetValue(name, out var draft))
                {
                    _metrics[name] = draft = new();
                }

                draft.IsDisabled = change.Disabled ?? draft.IsDisabled;
                foreach (var (tag, value) in change.TagOverrides)
                {
                    draft.Tags[tag] = value.Operation == TagOperation.Remove ? null : value.Value;
                }
            }
        }

        public MetricsOfSide Build() => new(_isDisabled, _isDisabled ? [] : _metrics
            .Select(m => new ChangedMetric(m.Key, m.Value.IsDisabled, m.Value.Tags.Select(t => new ChangedTag(t.Key, t.Value)).ToEquatableArray()))
            .ToEquatableArray());
    }

    private sealed class MetricDraft
    {
        public bool IsDisabled { get; set; }

        public SortedDictionary<string, string?> Tags { get; } = new(StringComparer.Ordinal);
    }
}
