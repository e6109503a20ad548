using Lateen.Proxy.Expressions;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>One metric with its labels in force. Immutable.</summary>
/// <param name="Name">As Prometheus shows it: <c>istio_requests_total</c>.</param>
/// <param name="Kind">Counter or histogram.</param>
/// <param name="Labels">Standard ones minus the removed, then added ones.</param>
/// <param name="Match">Null: every stream counts.</param>
internal sealed record MeshMetric(string Name, StatKind Kind, IReadOnlyList<MeshLabel> Labels, Expression? Match);

/// <summary>A label: a standard value, or the n-th of the filter's own expressions.</summary>
internal readonly record struct MeshLabel(string Name, MeshTag Standard, int Expression)
{
    public const int None = -1;

    public static MeshLabel Of(MeshTag tag, string name) => new(name, tag, None);
}
