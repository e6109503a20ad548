using Envoy.Config.Core.V3;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Expressions;
using Lateen.Proxy.Views;
using Stats;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>stats.PluginConfig to <see cref="IstioStatsConfig"/>: standard metrics, then the overrides in their order, a later one winning.</summary>
internal static class IstioStatsCompiler
{
    private static readonly MeshTag[] NotForTcp = [MeshTag.ResponseCode, MeshTag.GrpcResponseStatus];

    public static IstioStatsConfig Compile(CompileScope scope, PluginConfig plugin, string path)
    {
        AttributeSource attributes = new(scope.Host.Node);
        List<Expression> expressions = [];
        MeshMetric?[] metrics = new MeshMetric?[MeshMetrics.All.Length];
        for (int i = 0; i < metrics.Length; i++)
        {
            metrics[i] = Metric(scope, plugin, i, attributes, expressions, path);
        }
        return new IstioStatsConfig
        {
            IsDestination = scope.Direction == TrafficDirection.Inbound,
            Own = scope.Host.Own,
            Registry = scope.Host.Series,
            UsesHostFallback = !plugin.DisableHostHeaderFallback && scope.Direction == TrafficDirection.Outbound,
            Metrics = metrics,
            Expressions = [.. expressions],
            TcpReportMilliseconds = Math.Max(CompileScope.Milliseconds(plugin.TcpReportingDuration, 5000), 100),
            RotationMilliseconds = CompileScope.Milliseconds(plugin.RotationInterval, 0),
            Caches = [.. Enumerable.Range(0, scope.Host.Workers).Select(_ => new SeriesCache())],
        };
    }

    private static MeshMetric? Metric(
        CompileScope scope, PluginConfig plugin, int index, AttributeSource attributes, List<Expression> expressions, string path)
    {
        (string name, string configName, bool isHistogram, bool isTcp) = MeshMetrics.All[index];
        List<MeshLabel> labels = [.. System.Enum.GetValues<MeshTag>().Where(t => !isTcp || Array.IndexOf(NotForTcp, t) < 0)
            .Select(t => MeshLabel.Of(t, LabelNames.Of(t)))];
        Expression? match = null;
        for (int m = 0; m < plugin.Metrics.Count; m++)
        {
            MetricConfig config = plugin.Metrics[m];
            // An override without a name is for every metric.
            if (config.Name.Length > 0 && config.Name != configName)
            {
                continue;
            }
            string at = $"{path}.metrics[{m}]";
            if (config.Drop)
            {
                return null;
            }
            foreach ((string label, string text) in config.Dimensions.OrderBy(d => d.Key, StringComparer.Ordinal))
            {
                if (Parse(scope, text, attributes, $"{at}.dimensions[\"{label}\"]") is { } value)
                {
                    expressions.Add(value);
                    Put(labels, new MeshLabel(label, default, expressions.Count - 1));
                }
            }
            labels.RemoveAll(l => config.TagsToRemove.Contains(l.Name));
            if (config.Match.Length > 0)
            {
                match = Parse(scope, config.Match, attributes, at + ".match");
            }
        }
        return new MeshMetric(name, isHistogram ? StatKind.Histogram : StatKind.Counter, labels, match);
    }

    // An expression that cannot be read costs its label, not the listener: metrics must not stop traffic.
    private static Expression? Parse(CompileScope scope, string text, AttributeSource attributes, string path)
    {
        Expression? expression = ExpressionParser.Parse(text, attributes, out string? error);
        if (expression is null)
        {
            scope.Host.NotYet($"{path}: \"{text}\": {error}");
        }
        return expression;
    }

    private static void Put(List<MeshLabel> labels, MeshLabel label)
    {
        int at = labels.FindIndex(l => l.Name == label.Name);
        if (at < 0)
        {
            labels.Add(label);
        }
        else
        {
            labels[at] = label;
        }
    }
}
