using Lateen.Model;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the two spellings of a workload selector: `labels` (networking.istio.io/Sidecar and the like) and `matchLabels` (type.v1beta1).</summary>
internal static class SelectorDecoder
{
    public static WorkloadSelector ReadMatchLabels(ObjectReader selector) => Read(selector, "matchLabels");

    public static WorkloadSelector ReadLabels(ObjectReader selector) => Read(selector, "labels");

    private static WorkloadSelector Read(ObjectReader selector, string field)
    {
        foreach (var (key, value) in selector[field].Entries())
        {
            if (key.Length == 0)
            {
                value.Problem("an empty label key");
            }

            if (key.Contains('*', StringComparison.Ordinal) || value.Text()?.Contains('*', StringComparison.Ordinal) == true)
            {
                value.Problem("a selector has no wildcards", "write the label as the workloads carry it");
            }
        }

        return new WorkloadSelector(selector[field].TextMap().ToEquatableMap());
    }
}
